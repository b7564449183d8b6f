/* What *Your own teacher* computes: a table with logits, its spectrum, its tail, and the learning
   curve that the spectrum predicts; formulas, halves and words as in the Python package.

   One function without outside names, so that a worker can be made of its text. `lib` has the
   decompositions of ml-matrix. A table of numbers is { rows, columns, data }, one row after
   another in a Float64Array. */
window.Explore.ownMaths = (lib) => {
  "use strict";

  const EPS = 2 ** -52, RIGHT = Math.PI / 2, SLIVER = 32 * EPS;
  const MOST_FEATURES = 500, MOST_NUMBERS = 5e6;

  /** What is wrong with a file, in words for its reader. */
  class Bad extends Error {}

  const sum = (values) => values.reduce((total, v) => total + v, 0);
  const table = (rows, columns) => ({ rows, columns, data: new Float64Array(rows * columns) });
  const row = ({ columns, data }, i) => data.subarray(i * columns, (i + 1) * columns);
  const taken = (A, indices) => {
    const found = table(indices.length, A.columns);
    indices.forEach((i, k) => row(found, k).set(row(A, i)));
    return found;
  };
  const plain = (A) => Array.from({ length: A.rows }, (_, i) => row(A, i)); // for ml-matrix
  const inOrder = (array) => Float64Array.from(array).sort();

  /** A B, of tables. */
  function product(A, B) {
    const found = table(A.rows, B.columns), { data } = found, [p, q] = [A.columns, B.columns];
    if (q < 16) { // by columns
      for (let j = 0; j < q; j++) {
        const b = Float64Array.from({ length: p }, (_, k) => B.data[k * q + j]);
        for (let i = 0, at = 0; i < A.rows; i++) {
          let total = 0;
          for (let k = 0; k < p; k++) total += A.data[at++] * b[k];
          data[i * q + j] = total;
        }
      }
      return found;
    }
    for (let i = 0; i < A.rows; i++)
      for (let k = 0; k < p; k++) {
        const factor = A.data[i * p + k];
        if (factor)
          for (let j = 0, at = i * q, b = k * q; j < q; j++) data[at + j] += factor * B.data[b + j];
      }
    return found;
  }

  /** A' B / rows */
  function moment(A, B) {
    const found = table(A.columns, B.columns), { data } = found, [p, q] = [A.columns, B.columns];
    const half = A === B; // then the rest is known
    for (let i = 0; i < A.rows; i++)
      for (let k = 0; k < p; k++) {
        const factor = A.data[i * p + k] / A.rows;
        if (factor)
          for (let j = half ? k : 0, at = k * q, b = i * q; j < q; j++)
            data[at + j] += factor * B.data[b + j];
      }
    if (half)
      for (let k = 0; k < p; k++) for (let j = 0; j < k; j++) data[k * p + j] = data[j * p + k];
    return found;
  }

  // ---- the file

  /** Rows of fields of a CSV text; quotes as usual. */
  function* records(text) {
    let fields = [], start = 0, line = 1;
    for (let i = 0; i <= text.length; i++) {
      const c = i < text.length ? text.charCodeAt(i) : 10;
      if (c === 34 && i === start) {
        let field = "";
        for (let from = i + 1; ; from = i + 1) {
          i = text.indexOf('"', from);
          if (i < 0) throw new Bad(`line ${line}: a quote is not closed`);
          field += text.slice(from, i);
          if (text.charCodeAt(++i) !== 34) break;
          field += '"';
        }
        fields.push(field);
        const end = text.charCodeAt(i);
        if (i < text.length && end !== 44 && end !== 10 && end !== 13)
          throw new Bad(`line ${line}: ${quoted(field)} goes on after its closing quote`);
        if (end === 44) { start = i + 1; continue; }
        if (end === 13 && text.charCodeAt(i + 1) === 10) i++;
        yield fields;
        fields = [];
        start = i + 1;
        line += 1;
      } else if (c === 44) {
        fields.push(text.slice(start, i));
        start = i + 1;
      } else if (c === 10 || c === 13) {
        const last = text.slice(start, i);
        if (fields.length || last) yield [...fields, last];
        else yield null; // an empty line
        fields = [];
        if (c === 13 && text.charCodeAt(i + 1) === 10) i++;
        start = i + 1;
        line += 1;
      }
    }
  }

  const quoted = (text) => `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`;
  const listed = (names) =>
    names.length > 12 ? `${names.slice(0, 12).join(", ")} and ${names.length - 12} more`
      : names.join(", ");

  function asNumber(text, line, name) {
    const value = Number(text);
    if (/^[\d.eE+-]+$/.test(text) && Number.isFinite(value)) return value;
    const word = text.trim(), where = `line ${line}: column ${quoted(name)}`;
    if (!word) throw new Bad(`${where} is empty`);
    if (/^[+-]?(nan|na|n\/a|null|inf|infinity)$/i.test(word) || Math.abs(value) === Infinity)
      throw new Bad(`${where} holds ${quoted(word)}, which is not a finite number`);
    if (Number.isNaN(value) || /[xob]/i.test(word)) // Number() reads 0x1f
      throw new Bad(`${where} holds ${quoted(word)}, not a number`);
    return value;
  }

  function textOf(bytes) {
    if (!bytes.byteLength) throw new Bad("it is empty; expected a header and rows of numbers");
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      if (!text.includes("\0")) return text;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    throw new Bad("it is no CSV file, or not in UTF-8");
  }

  /** Names and numbers of a CSV text, without the columns to drop. */
  function parsed(text, drop) {
    const all = records(text), header = all.next().value;
    if (!header || !header.some((name) => name.trim()))
      throw new Bad("it is empty; expected a header and rows of numbers");
    const kept = header.map((_, i) => i).filter((i) => !drop.includes(header[i]));
    if (header.length === 1 && /[;\t]/.test(header[0]))
      throw new Bad("line 1: columns are separated by commas here, and this header has none");
    const numbered = header.length > 2 && header.every((name, i) => name === String(i)); // as pandas does
    if (!numbered && header.every((name) => name.trim() && Number.isFinite(Number(name))))
      throw new Bad("line 1: these are numbers; expected a header, a name for each column");
    const values = [];
    let line = 1;
    for (const fields of all) {
      line += 1;
      if (!fields) continue;
      if (fields.length !== header.length)
        throw new Bad(`line ${line}: ${fields.length} fields, the header has ${header.length}`);
      for (const i of kept) values.push(asNumber(fields[i], line, header[i]));
      if (values.length > MOST_NUMBERS)
        throw new Bad("it has more than five million numbers; the command study takes them");
    }
    if (!values.length) throw new Bad("it has no rows below the header");
    const names = kept.map((i) => header[i]);
    const data = Float64Array.from(values);
    return { header, names, table: { rows: data.length / names.length, columns: names.length, data } };
  }

  /** Features and logits of a text: the columns named, or those that begin with "logit". */
  function split(text, { logits = [], drop = [] }) {
    const { header, names, table: all } = parsed(text, drop);
    for (const name of [...logits, ...drop])
      if (!header.includes(name))
        throw new Bad(`it has no column ${quoted(name)}; there are ${listed(header)}`);
    if (new Set(header).size < header.length) {
      const twice = header.find((name, i) => header.indexOf(name) < i);
      throw new Bad(`line 1: two columns have the name ${quoted(twice)}`);
    }
    const chosen = logits.length ? logits : names.filter((name) => /^logit/i.test(name));
    if (!chosen.length)
      throw new Bad("no column’s name begins with “logit”. Name the teacher’s logits above; "
        + `there are ${listed(header)}`);
    const features = names.filter((name) => !chosen.includes(name));
    if (!features.length) throw new Bad("it has no columns but logits");
    if (features.length > MOST_FEATURES)
      throw new Bad(`it has ${features.length} columns of features; this page takes up to `
        + `${MOST_FEATURES}, the command study 5000`);
    const part = (wanted) => columns(all, wanted.map((name) => names.indexOf(name)));
    return { names: features, X: part(features), Z: part(chosen) };
  }

  function columns(A, wanted) {
    const found = table(A.rows, wanted.length);
    for (let i = 0; i < A.rows; i++) wanted.forEach((j, k) => { row(found, i)[k] = row(A, i)[j]; });
    return found;
  }

  function moderate(name, { data }) {
    let top = 0;
    for (const v of data) top = Math.max(top, Math.abs(v));
    if (top > 1e50 || (top > 0 && top < 1e-50)) // as in the package
      throw new Bad(`${name}: the largest number is ${top.toExponential(0)}; rescale it`);
  }

  /** Columns of mean 0 and deviation 1; constant ones are left out, and counted. */
  function standard(X) {
    const means = new Float64Array(X.columns), squares = new Float64Array(X.columns);
    const tops = new Float64Array(X.columns);
    for (let i = 0; i < X.rows; i++) row(X, i).forEach((v, j) => {
      means[j] += v / X.rows;
      tops[j] = Math.max(tops[j], Math.abs(v));
    });
    for (let i = 0; i < X.rows; i++)
      row(X, i).forEach((v, j) => { squares[j] += (v - means[j]) ** 2 / X.rows; });
    const kept = [...means.keys()].filter((j) => Math.sqrt(squares[j]) > 1e-12 * tops[j]);
    if (!kept.length) throw new Bad("all columns of features are constant");
    const found = columns(X, kept);
    for (let i = 0; i < X.rows; i++) kept.forEach((j, k) => {
      row(found, i)[k] = (row(found, i)[k] - means[j]) / Math.sqrt(squares[j]);
    });
    return { X: found, constant: X.columns - kept.length };
  }

  // ---- halves: numpy.random.default_rng(0).permutation, so that they are those of `Pool`

  function* words() {
    const MASK = (1n << 128n) - 1n, LOW = (1n << 64n) - 1n;
    let state = 35399562948360463058890781895381311971n;
    const step = 87136372517582989555478159403783844777n;
    for (;;) {
      state = (state * 47026247687942121848144207491837523525n + step) & MASK;
      const folded = (state >> 64n) ^ (state & LOW), turn = state >> 122n;
      const word = ((folded >> turn) | (folded << (64n - turn))) & LOW;
      yield Number(word & 0xffffffffn);
      yield Number(word >> 32n);
    }
  }

  /** Numbers of rows of the pool and of the test half. */
  function halves(size) {
    const order = Array.from({ length: size }, (_, i) => i), source = words();
    for (let i = size - 1; i > 0; i--) { // draws below the next power of two, until one fits
      const shift = Math.clz32(i);
      let j;
      do j = (source.next().value << shift) >>> shift; while (j > i);
      [order[i], order[j]] = [order[j], order[i]];
    }
    const middle = size - Math.floor(size / 2);
    return [inOrder(order.slice(0, middle)), inOrder(order.slice(middle))];
  }

  // ---- moments

  function eigen(A) {
    const found = new lib.EVD(plain(A), { assumeSymmetric: true }), size = A.rows;
    const vectors = table(size, size), values = new Float64Array(size);
    for (let k = 0; k < size; k++) { // falling
      values[k] = found.realEigenvalues[size - 1 - k];
      for (let i = 0; i < size; i++)
        row(vectors, i)[k] = found.eigenvectorMatrix.get(i, size - 1 - k);
    }
    return { values, vectors };
  }

  /** The triangle of a QR decomposition, by modified Gram and Schmidt. */
  function triangle(A) {
    const rest = Array.from({ length: A.columns }, (_, j) =>
      Float64Array.from({ length: A.rows }, (_, i) => row(A, i)[j] / Math.sqrt(A.rows)));
    const R = table(A.columns, A.columns);
    rest.forEach((a, k) => {
      const size = Math.sqrt(sum(a.map((v) => v * v)));
      row(R, k)[k] = size;
      if (!size) return;
      for (let j = k + 1; j < rest.length; j++) {
        const b = rest[j];
        let along = 0;
        for (let i = 0; i < a.length; i++) along += (a[i] / size) * b[i];
        for (let i = 0; i < a.length; i++) b[i] -= along * (a[i] / size);
        row(R, k)[j] = along;
      }
    });
    return R;
  }

  function bySingularValues(A) {
    const found = new lib.SVD(plain(triangle(A)), {
      computeLeftSingularVectors: false, computeRightSingularVectors: true });
    const vectors = table(A.columns, A.columns);
    for (let i = 0; i < A.columns; i++)
      for (let k = 0; k < A.columns; k++)
        row(vectors, i)[k] = found.rightSingularVectors.get(i, k);
    return { values: Float64Array.from(found.diagonal, (s) => s * s), vectors };
  }

  /** Eigenvalues and vectors of the second moment without those that rounding makes of 0. */
  function spectrum(A) {
    const S = moment(A, A), diagonal = Array.from({ length: S.rows }, (_, i) => row(S, i)[i]);
    if (!diagonal.some((v) => v)) throw new Bad("all rows of the pool are zero");
    let found = eigen(S), noise = [1, 1e4].map((v) => v * Math.max(A.rows, A.columns) * EPS);
    const below = found.values.filter((v) => v < noise[1] * found.values[0]).length;
    if (below > diagonal.filter((v) => v === 0).length) { // squares lose the rank
      found = bySingularValues(A);
      noise = noise.map((v) => v * v);
    }
    const ratios = found.values.map((v) => v / found.values[0]);
    const rank = ratios.filter((v) => v > noise[0]).length;
    return { ...leading(found, rank), doubtful: ratios[rank - 1] < noise[1], diagonal };
  }

  /** The same for fewer rows than columns, from the Gram matrix. */
  function wideSpectrum(A) {
    const gram = table(A.rows, A.rows);
    for (let i = 0; i < A.rows; i++)
      for (let j = 0; j <= i; j++) {
        let along = 0;
        const [a, b] = [row(A, i), row(A, j)];
        for (let k = 0; k < a.length; k++) along += a[k] * b[k];
        row(gram, i)[j] = row(gram, j)[i] = along / A.rows;
      }
    if (!gram.data.some((v) => v)) throw new Bad("all rows of the pool are zero");
    const found = eigen(gram);
    const rank = found.values.filter((v) => v > 1e-11 * found.values[0]).length;
    const { values, vectors } = leading(found, rank), back = moment(A, vectors);
    values.forEach((v, k) => {
      for (let i = 0; i < back.rows; i++) row(back, i)[k] *= Math.sqrt(A.rows / v);
    });
    return { values, vectors: back, doubtful: false };
  }

  const leading = ({ values, vectors }, rank) => ({
    values: values.slice(0, rank),
    vectors: columns(vectors, Array.from({ length: rank }, (_, k) => k)) });

  const trace = (A) => sum(Array.from({ length: A.rows }, (_, i) => row(A, i)[i]));

  /** Least squares along the eigenvectors, what it misses, and what is known of that. */
  function moments(A, Z, wide) {
    const { values, vectors, doubtful, diagonal } = wide ? wideSpectrum(A) : spectrum(A);
    const U = product(A, vectors), C = Z.columns, c = table(values.length, C);
    let misfit, missed;
    for (let pass = 0; pass < 3; pass++) {
      const fit = product(U, c), left = table(Z.rows, C);
      left.data.forEach((_, i) => { left.data[i] = Z.data[i] - fit.data[i]; });
      misfit = moment(left, left);
      missed = new Float64Array(C);
      for (let i = 0; i < Z.rows; i++) row(left, i).forEach((v, k) => { missed[k] += v / Z.rows; });
      if (pass === 2) break; // twice: normal equations square the condition number
      const cross = moment(U, left);
      values.forEach((v, k) => row(cross, k).forEach((m, j) => { row(c, k)[j] += m / v; }));
    }
    const mean = new Float64Array(values.length);
    for (let i = 0; i < U.rows; i++) row(U, i).forEach((v, k) => { mean[k] += v / U.rows; });
    const outside = 1 - sum(Array.from(mean, (m, k) => m * m / values[k]));
    const explained = outside > 1e-9 ? sum(Array.from(missed, (v) => v * v)) / outside : 0;
    const left = trace(misfit), whole = trace(moment(Z, Z));
    const withIntercept = left - explained <= 1e-6 * left;
    const exact = left <= 1e-14 * whole;
    if (exact) misfit.data.fill(0);
    return { values, vectors, U, c, misfit, exact, withIntercept, doubtful, diagonal,
      share: left / whole };
  }

  // ---- the law of the spectrum

  function ridge(values, n) {
    if (n >= values.length) return 0;
    const logs = Array.from(values, Math.log), shift = Math.log((values.length - n) / n);
    let [low, high] = [Math.min(...logs) + shift, Math.max(...logs) + shift];
    for (let i = 0; i < 100; i++) {
      const middle = (low + high) / 2;
      if (sum(logs.map((v) => 1 / (1 + Math.exp(middle - v)))) > n) low = middle;
      else high = middle;
    }
    return Math.exp((low + high) / 2);
  }

  /** The normal distribution function: a series, and in its tail a continued fraction. */
  function normal(x) {
    const t = Math.abs(x) / Math.SQRT2;
    let upper; // erfc(t) / 2
    if (t < 2) {
      let term = t, total = t;
      for (let k = 1; Math.abs(term) > 1e-17 * total; k++) {
        term *= -t * t / k;
        total += term / (2 * k + 1);
        if (k > 100) break;
      }
      upper = 0.5 - total / Math.sqrt(Math.PI);
    } else {
      let fraction = 0;
      for (let k = 60; k > 0; k--) fraction = k / 2 / (t + fraction);
      upper = Math.exp(-t * t) / Math.sqrt(Math.PI) / (t + fraction) / 2;
    }
    return x > 0 ? 1 - upper : upper;
  }

  function quantile(u) {
    if (u > 0.5) return -quantile(1 - u);
    let [low, high] = [-40, 0];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (normal(middle) < u) low = middle; else high = middle;
    }
    return (low + high) / 2;
  }

  /** The symmetric root of a matrix, or its inverse. */
  function root(A, power = 0.5) {
    const { values, vectors } = eigen(A), scaled = table(A.rows, A.rows);
    const factors = values.map((v) => Math.max(v, 0) ** power);
    for (let i = 0; i < A.rows; i++)
      for (let j = 0; j < A.rows; j++)
        row(scaled, i)[j] = sum(Array.from(factors, (f, k) => f * row(vectors, i)[k] * row(vectors, j)[k]));
    return scaled;
  }

  /** 256 points of a low-discrepancy sequence, as standard normal vectors. */
  function normals(dim, size = 256) {
    let g = 2;
    for (let i = 0; i < 100; i++) g = (1 + g) ** (1 / (dim + 1));
    const points = table(size, dim);
    for (let i = 0; i < size; i++)
      row(points, i).forEach((_, j, own) => {
        const u = 0.5 + (i - (size - 1) / 2) * g ** -(j + 1);
        own[j] = quantile(u - Math.floor(u));
      });
    return 4 * dim <= size ? product(points, root(moment(points, points), -0.5)) : points;
  }

  /** The risk after n examples, as a function of n; for n below the rank if there is noise. */
  function law({ values, c, misfit, exact }, U, Z) {
    const known = new Map(), C = Z.columns, draws = C > 1 ? normals(C) : null;
    const rank = values.length, squares = { ...U, data: U.data.map((u) => u * u) };

    function scatter(n, k) {
      const missed = table(rank, C);
      for (let j = 0; j < rank; j++)
        row(c, j).forEach((v, a) => { row(missed, j)[a] = v * k * Math.sqrt(values[j]) / (values[j] + k); });
      const free = 1 - sum(Array.from(values, (v) => (v / (v + k)) ** 2)) / n;
      const found = moment(missed, missed);
      return { ...found, data: found.data.map((v, i) => (v * rank + misfit.data[i]) / free / n) };
    }

    function compute(n) {
      const k = ridge(values, n), share = values.map((v) => v / (v + k));
      const shrunk = table(rank, C), spread = share.map((s, j) => s * s / values[j]);
      for (let j = 0; j < rank; j++)
        row(c, j).forEach((v, a) => { row(shrunk, j)[a] = share[j] * v; });
      const mean = product(U, shrunk), covariance = k === 0 ? table(C, C) : scatter(n, k);
      const own = C > 1 ? product(draws, root(covariance)) : null;
      const widths = product(squares, { rows: rank, columns: 1, data: spread }).data.map(Math.sqrt);
      let wrong = 0;
      for (let i = 0; i < U.rows; i++) {
        const width = widths[i];
        wrong += C > 1 ? wrongOfSeveral(row(Z, i), row(mean, i), width, own)
          : wrongOfTwo(row(Z, i)[0], row(mean, i)[0], width * Math.sqrt(covariance.data[0]));
      }
      return wrong / U.rows;
    }
    const risk = (n) => {
      if (!known.has(n)) known.set(n, compute(n));
      return known.get(n);
    };
    return { risk, last: exact ? rank : rank - 1 };
  }

  function wrongOfTwo(z, mean, width) {
    if (z === 0) return 1;
    const right = Math.sign(z) * mean;
    return width > 0 ? normal(-right / width) : right > 0 ? 0 : 1;
  }

  const argmax = (values) => values.indexOf(Math.max(...values));
  function wrongOfSeveral(z, mean, width, own) {
    const teacher = argmax(z);
    let wrong = 0;
    for (let i = 0; i < own.rows; i++) {
      const xi = row(own, i);
      let best = -Infinity, chosen = 0;
      for (let a = 0; a < mean.length; a++) {
        const logit = mean[a] + width * xi[a];
        if (logit > best) [best, chosen] = [logit, a];
      }
      wrong += chosen !== teacher;
    }
    return wrong / own.rows;
  }

  const counts = (low, high, parts, place) => {
    const found = Array.from({ length: parts }, (_, i) =>
      Math.floor(place(low, high, i / (parts - 1)) + 1e-9));
    return [...new Set(found)].filter((n) => n >= low && n <= high);
  };
  const even = (a, b, t) => a + (b - a) * t, geometric = (a, b, t) => a * (b / a) ** t;

  /** The first n with a small enough risk: a grid, and ever finer ones. */
  function firstBelow({ risk, last }, level, ns) {
    let [low, high] = [0, last + 1], tried = ns;
    while (high - low > 1) {
      const place = tried.findIndex((n) => risk(n) <= level);
      if (place >= 0) [low, high] = [place ? tried[place - 1] : low, tried[place]];
      else if (high > last) return null;
      else low = tried.at(-1);
      tried = counts(low + 1, high - 1, 5, even);
    }
    return high <= last ? high : null;
  }

  // ---- the tail, and the bounds that see nothing else

  /** Angles between rows and teacher, falling; null where there is none. */
  function angles(A, { vectors, c, exact }, Z) {
    if (!exact || Z.columns > 1) return null;
    const w = product(vectors, c).data, size = Math.hypot(...w);
    if (!size) return null;
    const found = [];
    for (let i = 0; i < A.rows; i++) {
      const a = row(A, i);
      let along = 0, rest = 0;
      a.forEach((v, j) => { along += v * w[j] / size; });
      a.forEach((v, j) => { rest += (v - along * w[j] / size) ** 2; });
      if (along === 0 && rest === 0) return null;
      found.push(Math.atan2(Math.sqrt(rest), Math.abs(along)));
    }
    return inOrder(found).reverse();
  }

  /** Theorem 3 and the integral bound of a staircase: p = band + the share of larger angles. */
  function staircase(falling, band = 0) {
    const N = falling.length;
    const share = (m) => Math.min(1, band + m / N);
    const above = (theta, strictly) => { // how many angles are >= theta (or > theta)
      let [low, high] = [0, N];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (strictly ? falling[middle] > theta : falling[middle] >= theta) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    const p = (theta) => (theta <= 0 ? 1 : theta > RIGHT ? 0 : share(above(theta, false)));
    // an atom of the band sits at 90 degrees; the top of the staircase is cut at 1
    const masses = [band, ...Array.from(falling, (_, i) => share(i + 1) - share(i))];
    const places = [RIGHT, ...falling];
    const near = places.map((theta) => p(RIGHT - theta - SLIVER));
    const integral = (n) => Math.min(1, sum(near.map((q, i) => masses[i] * q ** n)));
    const cuts = inOrder([0, RIGHT, ...falling, ...falling.map((a) => RIGHT - a)]);
    const pieces = [];
    for (let i = 1; i < cuts.length; i++) {
      if (cuts[i] - cuts[i - 1] <= SLIVER) continue;
      const middle = (cuts[i] + cuts[i - 1]) / 2;
      pieces.push([p(middle), p(RIGHT - middle)]);
    }
    const theorem3 = (n) => Math.min(1, ...pieces.map(([a, b]) => a + b ** n));
    return { integral, theorem3, tail: p };
  }

  /** The first n that a bound guarantees, with probability 0.95; null for none. */
  function guaranteed(bound, level) {
    const enough = level * (1 + 1e-9), most = 2 ** 40;
    if (bound(most) > enough) return null;
    let [low, high] = [0, 1];
    while (bound(high) > enough) [low, high] = [high, Math.min(2 * high, most)];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (bound(middle) <= enough) high = middle; else low = middle;
    }
    return high;
  }

  // ---- words

  /** Three significant digits as Python's format `.3g` has them. */
  function short(x, digits = 3) {
    const [mantissa, power] = x.toExponential(digits - 1).split("e").map(Number);
    if (x === 0 || (power >= -4 && power < digits)) return String(Number(x.toPrecision(digits)));
    const sign = power < 0 ? "-" : "+", size = String(Math.abs(power)).padStart(2, "0");
    return `${mantissa}e${sign}${size}`;
  }

  function* notes(A, Z, test, found, { d, intercept, wide, constant }) {
    if (constant) yield `constant: ${constant} ${constant > 1 ? "columns never change, and are"
      : "column never changes, and is"} left out`;
    if (!wide) yield* aboutColumns(A, found, d, intercept);
    if (found.doubtful) yield `rank: rounding hides it; it is taken to be ${found.values.length}`;
    if (!found.exact && !wide)
      yield `teacher: ${short(100 * found.share)} % of the logits' second moment is not linear in `
        + "the features, and acts like noise";
    const rank = found.values.length;
    if (A.rows < 10 * rank)
      yield `pool: ${A.rows} rows for a rank of ${rank}; the curve is that of these rows, and `
        + "another pool of so few has another one";
    let zeros = 0;
    for (let i = 0; i < A.rows; i++)
      row(A, i).forEach((v, j) => { zeros += v === 0 && j < d; });
    if (zeros > 0.5 * A.rows * d)
      yield "sparse: most entries are 0; there the law is weaker, often too pessimistic";
    let undecided = 0;
    for (let i = 0; i < test.rows; i++) undecided += row(test, i).every((v) => v === 0);
    if (undecided) yield `test: ${undecided} test rows have logit 0, on which every student is wrong`;
  }

  function* aboutColumns(A, { exact, withIntercept, diagonal }, d, intercept) {
    const rms = diagonal.slice(0, d).map(Math.sqrt), mean = new Float64Array(d);
    for (let i = 0; i < A.rows; i++) for (let j = 0; j < d; j++) mean[j] += row(A, i)[j] / A.rows;
    const spread = rms.map((r, j) => Math.sqrt(Math.max(0, r * r - mean[j] ** 2)));
    const allowed = Math.max(0.25, 4 / Math.sqrt(A.rows));
    const centred = rms.every((r, j) => Math.abs(mean[j]) <= allowed * r);
    const still = rms.map((r, j) => spread[j] <= 1e-6 * r);
    const moving = spread.filter((_, j) => !still[j]);
    const [high, low] = [Math.max(...moving), Math.min(...moving)];
    if (moving.length && high > 100 * low)
      yield `scale: standard deviations of columns differ by a factor of ${short(high / low, 2)}; `
        + "a student sees large columns more";
    if (intercept || still.some((s, j) => s && rms[j] > 0)) return;
    if (!exact && withIntercept)
      yield "intercept: the logits are linear with an intercept, which the student lacks";
    else if (exact && !centred)
      yield "centring: they are linear without an intercept, but the columns are not centred; "
        + "are they a model's coefficients without its intercept?";
  }

  // ---- all of it

  const LEVELS = [0.2, 0.1, 0.05, 0.02, 0.01];

  function centred(Z) {
    if (Z.columns > 1)
      for (let i = 0; i < Z.rows; i++) {
        const z = row(Z, i), mean = sum(z) / z.length;
        z.forEach((v, k) => { z[k] = v - mean; });
      }
    return Z;
  }

  function withOnes(X, intercept) {
    if (!intercept) return X;
    const found = table(X.rows, X.columns + 1);
    for (let i = 0; i < X.rows; i++) {
      row(found, i).set(row(X, i));
      row(found, i)[X.columns] = 1;
    }
    return found;
  }

  /** What a table (bytes of a CSV file, or its text) says; options name columns and the student:
      { logits, drop, columns: "standard" | "raw" | "intercept" }. */
  function analyse(bytes, options) {
    const text = typeof bytes === "string" ? bytes : textOf(bytes);
    const given = split(text, options);
    if (given.X.rows < 4) throw new Bad(`it has ${given.X.rows === 1 ? "one row" : `${given.X.rows} rows`}; `
      + "expected at least 4");
    moderate("features", given.X);
    moderate("logits", given.Z);
    const { X, constant } = options.columns === "standard" ? standard(given.X) : { X: given.X, constant: 0 };
    const intercept = options.columns !== "raw", d = X.columns;
    const [own, rest] = halves(X.rows), all = withOnes(X, intercept), Z = centred(given.Z);
    const [A, T, Y, W] = [taken(all, own), taken(all, rest), taken(Z, own), taken(Z, rest)];
    const wide = all.columns > own.length;
    const found = moments(A, Y, wide), predicted = law(found, product(T, found.vectors), W);
    const seen = angles(A, found, Y), rank = found.values.length;
    const ns = counts(1, Math.max(1, predicted.last), 48, geometric);
    const certain = seen && staircase(seen, Math.min(1, Math.sqrt(Math.log(20) / 2 / A.rows)));
    const observed = seen && staircase(seen);
    const enough = (level) => [certain.theorem3, certain.integral]
      .map((bound) => guaranteed(bound, level)).filter((n) => n).sort((a, b) => a - b)[0] ?? null;
    return {
      rows: X.rows, size: A.rows, tests: T.rows, dim: wide ? rank : all.columns, rank,
      classes: Math.max(2, Z.columns), exact: found.exact, intercept,
      eigenvalues: found.values, angles: seen, ns,
      risks: predicted.last ? ns.map(predicted.risk) : [],
      bounds: observed && ns.map((n) => Math.min(observed.theorem3(n), observed.integral(n))),
      needed: LEVELS.map((level) => (predicted.last ? firstBelow(predicted, level, ns) : null)),
      guaranteed: LEVELS.map((level) => (seen ? enough(level) : null)),
      unasked: seen ? null : Z.columns > 1 ? "several classes have bounds over pairs, which the command study asks"
        : found.exact ? "a row is zero, or all logits are" : "the logits are not linear in the features",
      notes: [...notes(A, Y, W, found, { d, intercept, wide, constant })],
    };
  }

  return { analyse, halves, normal, normals, staircase, Bad, LEVELS };
};
