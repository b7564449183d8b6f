import pytest
from companion import repository_options


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/a/b\n",
        "https://github.com/a/b.git",
        "https://github.com/a/b/",
        "https://me:token@github.com/a/b.git",
    ],
)
def test_https_remote_gives_buttons_without_credentials(remote):
    options = repository_options(remote)
    assert options["repository_url"] == "https://github.com/a/b"
    assert options["use_repository_button"] is options["use_issues_button"] is True


def test_port_and_nested_groups_stay():
    options = repository_options("https://me@gitlab.example.org:8443/group/a/b.git")
    assert options["repository_url"] == "https://gitlab.example.org:8443/group/a/b"


@pytest.mark.parametrize(
    "remote",
    [
        "",
        "git@github.com:a/b.git",
        "ssh://git@github.com/a/b.git",
        "http://github.com/a/b",
        "file:///srv/github/b.git",
        "../b",
        "https://github.com",
        "https://github.com/a",
        "https://example.org/a/b",
    ],
)
def test_other_remotes_give_no_buttons(remote):
    assert repository_options(remote) == {}
