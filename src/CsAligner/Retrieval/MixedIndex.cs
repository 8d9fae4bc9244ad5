using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Retrieval;

namespace CsAligner.Retrieval;

// Shapes: images [M, D], texts [N, D], queries [Q, D].

/// <summary>
/// Images and texts of one aligned space in one list: exact search by cosine, "more like this", and near-duplicates. Rows and queries are
/// scaled to length 1. Equal scores go to images before texts, then to the lower row; results do not depend on the number of
/// threads. Rows are read in blocks, so a source may be larger than memory.
/// </summary>
/// <remarks>In a space with a modality gap, scores of the two kinds do not compare: a text finds texts. See <see cref="Gap"/>.</remarks>
public sealed class MixedIndex
{
    private const int BlockFloats = 1 << 22;

    // Scores that are kept at a time, to decide a cutoff.
    private const int MostScores = 1 << 24;

    private const int GapRows = 2048;

    private readonly IRowSource?[] _sources;

    /// <summary>An index of rows in memory.</summary>
    /// <param name="images">[M, D]; null for none.</param>
    /// <param name="texts">[N, D]; null for none.</param>
    public MixedIndex(Tensor? images, Tensor? texts)
        : this(images is null ? null : new UnitRows.OfTensor(images), texts is null ? null : new UnitRows.OfTensor(texts))
    {
    }

    /// <summary>An index of rows that are read in blocks.</summary>
    /// <param name="images">M rows of D values; null for none.</param>
    /// <param name="texts">N rows of D values; null for none.</param>
    /// <exception cref="ArgumentException">There are no rows.</exception>
    /// <exception cref="InputException">The widths differ.</exception>
    public MixedIndex(IRowSource? images, IRowSource? texts)
    {
        if ((images?.Rows ?? 0) + (long)(texts?.Rows ?? 0) == 0)
            throw new ArgumentException("Search: there are no rows.", nameof(images));
        if (images is not null && texts is not null && images.Width != texts.Width)
            throw new InputException($"search: images have {images.Width} values and texts {texts.Width}; one list needs one space");
        _sources =
        [
            images is null or { Rows: 0 } ? null : new UnitRows(images, "images"),
            texts is null or { Rows: 0 } ? null : new UnitRows(texts, "texts"),
        ];
        Width = (images ?? texts)!.Width;
    }

    /// <summary>Values in a row, D.</summary>
    public int Width { get; }

    /// <summary>How many rows of a kind there are.</summary>
    public int Count(RowKind kind) => _sources[(int)kind]?.Rows ?? 0;

    /// <summary>A row, scaled to length 1: [1, D].</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public Tensor Read(MixedRow row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row.Row, nameof(row));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row.Row, Count(row.Kind), nameof(row));
        var values = new Tensor(1, Width);
        _sources[(int)row.Kind]!.Read(row.Row, values.Span);
        return values;
    }

    /// <summary>The best rows of every query, of both kinds in one list. Time O(Q (M + N) D).</summary>
    /// <param name="queries">[Q, D], of any length; <see cref="MixedQuery"/> makes them of several rows.</param>
    /// <param name="options">What to find; null takes the defaults.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    /// <exception cref="InputException">A row cannot be used, there are no rows of the kind to find, or too few for an automatic cutoff.
    /// </exception>
    public IReadOnlyList<MixedMatches> Search(Tensor queries, MixedSearchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        options ??= new MixedSearchOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Top, 1, nameof(options));
        if (queries.Rank != 2 || queries.Width != Width)
            throw new ArgumentException($"Search: expected queries [Q, {Width}], got {queries}.", nameof(queries));
        RowKind[] kinds = Kinds(options.Find);
        bool isAuto = options.MinScore is { Score: null };
        foreach (RowKind kind in kinds.Where(kind => isAuto && Count(kind) < ScoreCutoff.FewestRows))
            throw new InputException($"search: an automatic cutoff needs at least {ScoreCutoff.FewestRows} {Name(kind)} to see how scores "
                + $"are distributed, got {Count(kind)}; give a cosine");
        var results = new List<MixedMatches>(queries.Rows);
        int largest = kinds.Max(Count), group = isAuto ? Math.Max(1, MostScores / largest) : Math.Max(1, queries.Rows);
        var unit = new UnitRows(new UnitRows.OfTensor(queries), "queries");
        for (int first = 0; first < queries.Rows; first += group)
        {
            var asked = new Tensor(Math.Min(group, queries.Rows - first), Width);
            unit.Read(first, asked.Span);
            Found[] found = [.. kinds.Select(kind => Find(kind, asked, options, isAuto, cancellation))];
            for (int query = 0; query < asked.Rows; query++) results.Add(Merge(found, query, options.Top));
        }

        return results;
    }

    /// <summary>
    /// Pairs of rows that are nearly the same. Exact: every pair is compared, block by block. Time O((M + N)² D / 2), memory of two blocks
    /// and <paramref name="top"/> pairs.
    /// </summary>
    /// <param name="minScore">The lowest cosine, from -1 up to 1.</param>
    /// <param name="top">List at most this many pairs; all are counted.</param>
    /// <param name="find">Pairs within this kind; null takes pairs within and across both.</param>
    /// <param name="progress">Gets the number of rows done; null for none.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="InputException">A row cannot be used, or there are no rows of the kind.</exception>
    public SimilarPairs FindDuplicates(double minScore, int top, RowKind? find = null, IProgress<long>? progress = null,
        CancellationToken cancellation = default) => FindInBlocks(minScore, top, find, BlockFloats, progress, cancellation);

    /// <summary>The same in blocks of another size.</summary>
    internal SimilarPairs FindInBlocks(double minScore, int top, RowKind? find, int blockFloats, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        if (!(minScore is >= -1 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(minScore), minScore, "Duplicates: expected a cosine from -1 up to 1.");
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        var blocks = new List<(RowKind Kind, int First, int Rows)>();
        int height = Math.Max(1, blockFloats / Width);
        foreach (RowKind kind in Kinds(find))
            for (int first = 0; first < Count(kind); first += height) blocks.Add((kind, first, Math.Min(height, Count(kind) - first)));
        var pairs = new TopPairs(minScore, top);
        long images = Count(RowKind.Image), done = 0;
        for (int i = 0; i < blocks.Count; i++)
        {
            Tensor block = Block(i);
            for (int j = i; j < blocks.Count; j++)
            {
                cancellation.ThrowIfCancellationRequested();
                pairs.Add(block, Number(i), j == i ? block : Block(j), Number(j));
            }

            progress?.Report(done += block.Rows);
        }

        return new SimilarPairs(
            pairs.Total, [.. pairs.Best().Select(pair => new SimilarPair(RowOf(pair.First), RowOf(pair.Second), (float)pair.Score))]);

        Tensor Block(int number)
        {
            var values = new Tensor(blocks[number].Rows, Width);
            _sources[(int)blocks[number].Kind]!.Read(blocks[number].First, values.Span);
            return values;
        }

        long Number(int block) => blocks[block].First + (blocks[block].Kind == RowKind.Image ? 0 : images);

        MixedRow RowOf(long number) =>
            number < images ? new(RowKind.Image, (int)number) : new(RowKind.Text, (int)(number - images));
    }

    /// <summary>
    /// How far the two kinds lie apart: the distance of their means along the direction between them, in standard deviations within a
    /// kind. Above 1.5 or so, there is a modality gap, and ranks across kinds mean little. The direction comes from every other row of the
    /// first 2,048 of each kind, the distance from the rows between.
    /// </summary>
    /// <returns>null with fewer than 32 rows of a kind.</returns>
    public double? Gap()
    {
        if (Math.Min(Count(RowKind.Image), Count(RowKind.Text)) < 32) return null;
        Tensor[] rows = [.. Enum.GetValues<RowKind>().Select(kind => new Tensor(Math.Min(GapRows, Count(kind)), Width))];
        var direction = new double[Width];
        for (int kind = 0; kind < rows.Length; kind++)
        {
            _sources[kind]!.Read(0, rows[kind].Span);
            int half = (rows[kind].Rows + 1) / 2;
            for (int r = 0; r < rows[kind].Rows; r += 2)
                for (int d = 0; d < Width; d++) direction[d] += (kind == 0 ? 1.0 : -1.0) * rows[kind].Span[(r * Width) + d] / half;
        }

        (double Mean, double Variance)[] sides = [.. rows.Select(side => Along(side, direction))];
        return (sides[0].Mean - sides[1].Mean) / Math.Max(1e-12, Math.Sqrt((sides[0].Variance + sides[1].Variance) / 2));
    }

    private static (double Mean, double Variance) Along(Tensor rows, double[] direction)
    {
        double sum = 0, squares = 0;
        int count = rows.Rows / 2;
        for (int r = 1; r < rows.Rows; r += 2)
        {
            double place = 0;
            for (int d = 0; d < direction.Length; d++) place += direction[d] * rows.Span[(r * direction.Length) + d];
            sum += place;
            squares += place * place;
        }

        return (sum / count, Math.Max(0, (squares / count) - (sum / count * (sum / count))));
    }

    private RowKind[] Kinds(RowKind? find)
    {
        RowKind[] kinds = [.. Enum.GetValues<RowKind>().Where(kind => (find ?? kind) == kind && Count(kind) > 0)];
        return kinds.Length > 0 ? kinds : throw new InputException($"search: the index has no {Name(find!.Value)}");
    }

    private Found Find(RowKind kind, Tensor asked, MixedSearchOptions options, bool isAuto, CancellationToken cancellation)
    {
        IRowSource source = _sources[(int)kind]!;
        HashSet<int> except = [.. options.Except.Where(row => row.Kind == kind).Select(row => row.Row)];
        float[] all = isAuto ? new float[asked.Rows * source.Rows] : [];
        var (count, rows, scores) = ExactSearch.Scored(
            asked, source, (int)Math.Min(source.Rows, (long)options.Top + except.Count), BlockFloats,
            isAuto ? (block, first) => AllScores.Compute(asked, block, all, source.Rows, first) : null, cancellation);
        double?[] cutoffs =
        [
            .. Enumerable.Range(0, asked.Rows)
                .Select(query => isAuto ? Decide(all.AsSpan(query * source.Rows, source.Rows), except) : options.MinScore?.Score),
        ];
        return new Found(kind, count, rows, scores, except, cutoffs);
    }

    private static double? Decide(Span<float> scores, HashSet<int> except)
    {
        int kept = 0;
        for (int row = 0; row < scores.Length; row++)
            if (!except.Contains(row)) scores[kept++] = scores[row];
        return kept == 0 ? null : ScoreCutoff.Decide(scores[..kept]);
    }

    private static MixedMatches Merge(Found[] found, int query, int top)
    {
        var matches = new List<MixedMatch>();
        var places = new int[found.Length];
        while (matches.Count < top)
        {
            int best = -1;
            for (int side = 0; side < found.Length; side++)
            {
                places[side] = found[side].Next(query, places[side]);
                if (places[side] < found[side].Count
                    && (best < 0 || found[side].Score(query, places[side]) > found[best].Score(query, places[best])))
                    best = side;
            }

            if (best < 0) break;
            matches.Add(new MixedMatch(
                new MixedRow(found[best].Kind, found[best].Row(query, places[best])), (float)found[best].Score(query, places[best])));
            places[best]++;
        }

        return new MixedMatches(matches, Cutoff(RowKind.Image), Cutoff(RowKind.Text));

        double? Cutoff(RowKind kind) => found.FirstOrDefault(side => side.Kind == kind)?.Cutoffs[query];
    }

    private static string Name(RowKind kind) => kind == RowKind.Image ? "images" : "texts";

    /// <summary>The best rows of one kind for each query.</summary>
    private sealed record Found(RowKind Kind, int Count, int[] Rows, double[] Scores, HashSet<int> Except, double?[] Cutoffs)
    {
        public int Row(int query, int place) => Rows[(query * Count) + place];

        public double Score(int query, int place) => Scores[(query * Count) + place];

        /// <summary>The next place that counts, or <see cref="Count"/>.</summary>
        public int Next(int query, int place)
        {
            while (place < Count && Except.Contains(Row(query, place))) place++;
            double least = (Cutoffs[query] ?? double.NegativeInfinity) - ScoreCutoff.Tolerance;
            return place < Count && Score(query, place) < least ? Count : place;
        }
    }
}
