using CsAligner.Retrieval;
using CsAligner.Tensors;
using CsAligner.Tests.Evaluation;

namespace CsAligner.Tests.Retrieval;

// The naive form: all cosines in float64, sorted, images before texts and lower rows first where they are equal.
[Collection("process settings")]
public class MixedIndexTests
{
    public static TheoryData<int, int, int, RowKind?, double?> Cases => new()
    {
        { 1, 1, 10, null, null },
        { 40, 33, 7, null, null },
        { 40, 33, 100, null, null },
        { 40, 33, 7, RowKind.Image, null },
        { 40, 33, 7, RowKind.Text, null },
        { 40, 33, 100, null, 0.1 },
        { 40, 33, 100, RowKind.Text, -0.05 },
        { 40, 0, 100, null, 0.0 },
        { 0, 33, 5, null, null },
        { 1500, 1100, 20, null, 0.2 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Finds_what_a_full_sort_of_both_kinds_finds(int images, int texts, int top, RowKind? find, double? minScore)
    {
        const int Width = 19;
        Tensor x = Unit(Rows(images, Width, 1)), y = Unit(Rows(texts, Width, 2)), asked = Unit(Rows(9, Width, 3));

        // The same rows on both sides, and twice on one.
        for (int i = 0; i < Math.Min(images, texts); i += 3) Copy(x, i, y, i);
        for (int i = 4; i < images; i += 4) Copy(x, 1, x, i);
        MixedRow[] except = [new(RowKind.Image, 0), new(RowKind.Text, 2), new(RowKind.Text, 1)];
        foreach (MixedRow[] left in (MixedRow[][])[[], except])
        {
            var options = new MixedSearchOptions
            {
                Top = top,
                Find = find,
                MinScore = minScore is { } least ? new ScoreCutoff(least) : null,
                Except = left,
            };
            var found = Search(Index(x, y), asked, options);
            Assert.Equal(asked.Rows, found.Count);
            for (int q = 0; q < asked.Rows; q++)
            {
                (MixedRow Row, double Score)[] expected =
                [
                    .. All(x, y, asked, q).Where(r => (find ?? r.Row.Kind) == r.Row.Kind && !left.Contains(r.Row))
                        .Where(r => r.Score >= (minScore ?? -2) - 1e-6).OrderByDescending(r => r.Score).Take(top),
                ];
                Assert.Equal(expected.Select(r => r.Row), found[q].Matches.Select(m => m.Row));
                Assert.All(expected.Zip(found[q].Matches), pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-6));
            }
        }
    }

    [Fact]
    public void Rows_and_queries_of_any_length_are_compared_by_cosine()
    {
        Tensor x = Rows(30, 6, 4), y = Rows(20, 6, 5), asked = Rows(4, 6, 6);
        var expected = new MixedIndex(Unit(x), Unit(y)).Search(Unit(asked), null, TestContext.Current.CancellationToken);
        var found = new MixedIndex(Scaled(x), Scaled(y)).Search(Scaled(asked), null, TestContext.Current.CancellationToken);
        for (int q = 0; q < 4; q++)
        {
            Assert.Equal(expected[q].Matches.Select(m => m.Row), found[q].Matches.Select(m => m.Row));
            Assert.All(expected[q].Matches.Zip(found[q].Matches), pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-6));
        }
    }

    // numpy.quantile and scipy.stats.norm.isf: m + isf(1 / 10) (Q75 - m) / norm.ppf(0.75).
    [Fact]
    public void The_automatic_cutoff_is_that_of_numpy_and_scipy()
    {
        float[] scores = [0.1f, 0.2f, 0.15f, 0.4f, 0.05f, 0.12f, 0.3f, 0.22f, 0.18f, 0.9f];
        Assert.Equal(0.36100281933995354, ScoreCutoff.Decide(scores), 1e-7);
    }

    [Theory]
    [InlineData(8, 1.1503493803760079)]
    [InlineData(100, 2.3263478740408408)]
    [InlineData(1_000_000, 4.753424308822899)]
    public void With_more_rows_the_cutoff_lies_further_out(int rows, double deviations)
    {
        // Median 0 and upper quartile 0.6745: a standard deviation of 1.
        float[] scores = [.. Enumerable.Range(0, rows).Select(i => (float)(((2.0 * i / (rows - 1)) - 1) * 2 * 0.6744897501960817))];
        Assert.Equal(deviations, ScoreCutoff.Decide(scores), 1e-5);
    }

    [Fact]
    public void The_automatic_cutoff_lets_related_rows_pass_and_about_one_other_of_each_kind()
    {
        const int Width = 64, Related = 30;
        Tensor x = Rows(1000, Width, 7), y = Rows(800, Width, 8), asked = Rows(20, Width, 9);
        Tensor shift = Rows(1, Width, 10);
        for (int i = 0; i < y.Length; i++) y.Span[i] += shift.Span[i % Width];
        for (int i = 0; i < Related; i++)
        {
            for (int d = 0; d < Width; d++)
            {
                x.Span[(i * Width) + d] += 2 * asked.Span[d];
                y.Span[(i * Width) + d] += 2 * asked.Span[d];
            }
        }

        var options = new MixedSearchOptions { Top = 1000, MinScore = ScoreCutoff.Auto, Except = [new(RowKind.Text, 3)] };
        var found = Search(Index(x, y), asked, options);
        Assert.Equal((2 * Related) - 1, found[0].Matches.Count(m => m.Row.Row < Related));
        Assert.InRange(found.Average(f => f.Matches.Count(m => m.Row.Row >= Related)), 0.5, 5);
        Assert.All(found, f => Assert.True(f.ImageCutoff != f.TextCutoff));

        // The decision is over all rows of the kind that may be found.
        (MixedRow Row, double Score)[] all = [.. All(Unit(x), Unit(y), Unit(asked), 5).Where(r => r.Row != new MixedRow(RowKind.Text, 3))];
        foreach ((RowKind kind, double? cutoff) in new[] { (RowKind.Image, found[5].ImageCutoff), (RowKind.Text, found[5].TextCutoff) })
            Assert.Equal(ScoreCutoff.Decide([.. all.Where(r => r.Row.Kind == kind).Select(r => (float)r.Score)]), cutoff!.Value, 1e-6);
    }

    [Theory]
    [InlineData(0.3, 1000, null)]
    [InlineData(0.3, 5, null)]
    [InlineData(-1.0, 50, null)]
    [InlineData(0.5, 40, RowKind.Image)]
    [InlineData(0.5, 40, RowKind.Text)]
    [InlineData(1.0, 500, null)]
    public void Duplicates_are_all_pairs_above_the_cosine(double least, int top, RowKind? find)
    {
        const int Width = 13;
        Tensor x = Unit(Rows(61, Width, 11)), y = Unit(Rows(47, Width, 12));
        for (int i = 0; i < 40; i += 5) Copy(x, i, y, i + 2);
        for (int i = 10; i < 61; i += 10) Copy(x, 3, x, i);
        (MixedRow Row, Tensor Rows)[] rows =
        [
            .. Enumerable.Range(0, x.Rows).Select(i => (new MixedRow(RowKind.Image, i), x)),
            .. Enumerable.Range(0, y.Rows).Select(i => (new MixedRow(RowKind.Text, i), y)),
        ];
        var expected = (from a in Enumerable.Range(0, rows.Length)
                        from b in Enumerable.Range(a + 1, rows.Length - a - 1)
                        where (find ?? rows[a].Row.Kind) == rows[a].Row.Kind && (find ?? rows[b].Row.Kind) == rows[b].Row.Kind
                        let score = Cosine(rows[a].Rows, rows[a].Row.Row, rows[b].Rows, rows[b].Row.Row)
                        where score >= least
                        orderby score descending
                        select (rows[a].Row, rows[b].Row)).ToArray();
        Assert.NotEmpty(expected);
        foreach (int blockRows in (int[])[1, 7, 64, 1000])
        {
            SimilarPairs found = Index(x, y).FindInBlocks(least, top, find, blockRows * Width, null, TestContext.Current.CancellationToken);
            Assert.Equal(expected.Length, found.Total);
            Assert.Equal(expected.Take(top), found.Best.Select(pair => (pair.First, pair.Second)));
        }
    }

    [Fact]
    public void Every_path_and_number_of_threads_gives_the_same()
    {
        Tensor x = Rows(700, 50, 13), y = Rows(900, 50, 14), asked = Rows(30, 50, 15);
        var index = new MixedIndex(x, y);
        var options = new MixedSearchOptions { MinScore = ScoreCutoff.Auto, Top = 30 };
        var path = Simd.Path;
        int threads = Compute.Threads;
        var expected = Search(index, asked, options);
        SimilarPairs pairs = Pairs(index, 0.3, 100);
        Assert.Equal(100, pairs.Best.Count);
        try
        {
            foreach (var forced in Enum.GetValues<SimdPath>().Where(Simd.IsAvailable))
            {
                for (int count = 1; count <= 2; count++)
                {
                    (Simd.Path, Compute.Threads) = (forced, count);
                    var found = Search(index, asked, options);
                    for (int q = 0; q < found.Count; q++)
                    {
                        Assert.Equal(expected[q].Matches, found[q].Matches);
                        Assert.Equal((expected[q].ImageCutoff, expected[q].TextCutoff), (found[q].ImageCutoff, found[q].TextCutoff));
                    }

                    SimilarPairs again = Pairs(index, 0.3, 100);
                    Assert.Equal(pairs.Total, again.Total);
                    Assert.Equal(pairs.Best, again.Best);
                }
            }
        }
        finally
        {
            (Simd.Path, Compute.Threads) = (path, threads);
        }
    }

    [Fact]
    public void A_gap_shows_where_the_means_lie_apart()
    {
        Tensor x = Rows(200, 40, 16), y = Rows(200, 40, 17);
        Assert.InRange(new MixedIndex(x, y).Gap()!.Value, -0.6, 0.6);
        for (int i = 0; i < y.Length; i++) y.Span[i] += 0.5f;
        Assert.True(new MixedIndex(x, y).Gap() > 2.5);
        Assert.Null(new MixedIndex(x, Rows(31, 40, 18)).Gap());
        Assert.Null(new MixedIndex(x, null).Gap());
    }

    [Fact]
    public void What_cannot_be_searched_is_refused_by_name()
    {
        Tensor x = Rows(9, 6, 19), y = Rows(7, 6, 20), asked = Rows(2, 6, 21);
        var index = new MixedIndex(x, y);
        Assert.Throws<ArgumentException>(() => new MixedIndex(new Tensor(0, 6), null));
        Says("images have 6 values and texts 5", () => new MixedIndex(x, Rows(3, 5, 1)));
        Says("the index has no texts", () => Search(new MixedIndex(x, null), asked, new() { Find = RowKind.Text }));
        Says("the index has no images", () => Pairs(new MixedIndex(null, y), 0.9, 1, RowKind.Image));
        Says("at least 8 texts", () => Search(index, asked, new() { MinScore = ScoreCutoff.Auto }));
        Assert.Throws<ArgumentException>(() => Search(index, Rows(2, 5, 1), null));
        Assert.Throws<ArgumentOutOfRangeException>(() => Search(index, asked, new() { Top = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Pairs(index, 1.1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Pairs(index, double.NaN, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Pairs(index, 0.5, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Read(new(RowKind.Text, 7)));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Read(new(RowKind.Image, -1)));
        foreach (double wrong in (double[])[1.5, -1.01, double.NaN, double.PositiveInfinity])
            Says("a cosine from -1 up to 1", () => new ScoreCutoff(wrong));
        foreach (string wrong in (string[])["1.5", "NaN", "Auto", "", "0,5"])
            Says($"got '{wrong}'", () => ScoreCutoff.Parse(wrong));
        Assert.Equal((ScoreCutoff.Auto, 0.25), (ScoreCutoff.Parse("auto"), ScoreCutoff.Parse("0.25").Score!.Value));
        y.Span[(4 * 6) + 1] = float.NaN;
        Says("row 4 of the texts", () => Search(index, asked, null));
        Says("row 4 of the texts", () => Pairs(index, 0.9, 5));
        x.Span.Slice(2 * 6, 6).Clear();
        Says("row 2 of the images", () => Search(index, asked, null));
        asked.Span[7] = float.PositiveInfinity;
        Says("row 1 of the queries", () => Search(index, asked, null));
    }

    private static void Says(string part, Func<object> call) =>
        Assert.Contains(part, Assert.Throws<InputException>(call).Message, StringComparison.Ordinal);

    private static IReadOnlyList<MixedMatches> Search(MixedIndex index, Tensor queries, MixedSearchOptions? options) =>
        index.Search(queries, options, TestContext.Current.CancellationToken);

    private static SimilarPairs Pairs(MixedIndex index, double minScore, int top, RowKind? find = null) =>
        index.FindDuplicates(minScore, top, find, null, TestContext.Current.CancellationToken);

    // Tensors and sources are the same index.
    private static MixedIndex Index(Tensor x, Tensor y) =>
        x.Rows % 2 == 0 ? new MixedIndex(x, y) : new MixedIndex(new TensorRows(x), new TensorRows(y));

    private static IEnumerable<(MixedRow Row, double Score)> All(Tensor x, Tensor y, Tensor asked, int query) =>
    [
        .. Enumerable.Range(0, x.Rows).Select(i => (new MixedRow(RowKind.Image, i), Dot(asked, query, x, i))),
        .. Enumerable.Range(0, y.Rows).Select(i => (new MixedRow(RowKind.Text, i), Dot(asked, query, y, i))),
    ];

    private static double Dot(Tensor a, int i, Tensor b, int j)
    {
        double sum = 0;
        for (int d = 0; d < a.Width; d++) sum += (double)a.Span[(i * a.Width) + d] * b.Span[(j * a.Width) + d];
        return sum;
    }

    private static double Cosine(Tensor a, int i, Tensor b, int j) => Dot(a, i, b, j) / Math.Sqrt(Dot(a, i, a, i) * Dot(b, j, b, j));

    private static void Copy(Tensor from, int row, Tensor to, int target) =>
        from.Span.Slice(row * from.Width, from.Width).CopyTo(to.Span[(target * to.Width)..]);

    private static Tensor Unit(Tensor rows)
    {
        var unit = new Tensor(rows.Rows, rows.Width);
        for (int i = 0; i < rows.Length; i++)
        {
            int row = i / rows.Width;
            unit.Span[i] = (float)(rows.Span[i] / Math.Sqrt(Dot(rows, row, rows, row)));
        }

        return unit;
    }

    private static Tensor Scaled(Tensor rows)
    {
        var scaled = new Tensor(rows.Rows, rows.Width);
        for (int i = 0; i < rows.Length; i++) scaled.Span[i] = rows.Span[i] * (float)Math.Pow(10, (i / rows.Width % 9) - 4);
        return scaled;
    }

    private static Tensor Rows(int rows, int width, ulong seed) => Tensor.Normal(new RandomGenerator(seed), 1, rows, width);
}
