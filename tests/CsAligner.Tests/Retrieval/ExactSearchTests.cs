using CsAligner.Retrieval;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tests.Evaluation;

namespace CsAligner.Tests.Retrieval;

// The naive form is a full sort by float64 inner products; whatever the search leaves out, rounds or cuts must not show.
[Collection("process settings")]
public class ExactSearchTests
{
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(3, 7, 5, 2)]
    [InlineData(5, 8, 16, 8)]
    [InlineData(17, 129, 33, 10)]
    [InlineData(9, 1024, 7, 1000)]
    [InlineData(1025, 40, 3, 6)]
    [InlineData(40, 1025, 12, 1)]
    [InlineData(31, 3001, 64, 10)]
    public void Finds_what_a_full_sort_finds(int queries, int candidates, int width, int k)
    {
        Tensor asked = Rows(queries, width, 1), searched = Rows(candidates, width, 2);
        AssertSorted(asked, searched, k);
    }

    [Fact]
    public void Equal_scores_go_to_the_lower_row_wherever_they_lie()
    {
        const int Width = 19, Candidates = 2600;
        Tensor asked = Rows(33, Width, 3), searched = Rows(Candidates, Width, 4);
        for (int c = 0; c < Candidates; c += 3) searched.Span[..Width].CopyTo(searched.Span[(c * Width)..]);
        AssertSorted(asked, searched, 10);
        AssertSorted(asked, searched, 900);
    }

    [Fact]
    public void Rows_that_are_all_the_same_come_in_their_order()
    {
        Tensor asked = Rows(5, 24, 5), searched = new(3000, 24);
        searched.Span.Fill(0.1f);
        var found = ExactSearch.TopK(asked, searched, 20);
        for (int q = 0; q < 5; q++) Assert.Equal(Enumerable.Range(0, 20), found.Rows(q).ToArray());
    }

    // Float32 products of these differ by their rounding alone, and many are nearer to each other than that.
    [Theory]
    [InlineData(1e-7)]
    [InlineData(1e-6)]
    [InlineData(1e-5)]
    public void Near_ties_are_told_apart_in_float64(double spread)
    {
        const int Width = 96, Candidates = 2500;
        Tensor asked = Rows(12, Width, 6), noise = Rows(Candidates, Width, 7), searched = new(Candidates, Width);
        for (int i = 0; i < searched.Length; i++) searched.Span[i] = (float)(0.1 + (spread * noise.Span[i]));
        AssertSorted(asked, searched, 10);
        AssertSorted(asked, searched, 150);
    }

    [Fact]
    public void Rows_of_any_length_are_compared_at_their_own_scale()
    {
        Tensor asked = Rows(21, 40, 8), searched = Rows(1500, 40, 9);
        var random = new RandomGenerator(10);
        foreach (var rows in new[] { asked, searched })
            for (int r = 0; r < rows.Rows; r++)
            {
                float scale = (float)Math.Pow(10, random.Next(9) - 4);
                foreach (ref float value in rows.Span.Slice(r * 40, 40)) value *= scale;
            }

        AssertSorted(asked, searched, 25);
        AssertSorted(asked, new Tensor(70, 40), 5);
    }

    [Fact]
    public void Fewer_candidates_than_asked_for_are_all_given()
    {
        Tensor asked = Rows(4, 6, 11), searched = Rows(9, 6, 12);
        Assert.Equal(9, ExactSearch.TopK(asked, searched, 50).Count);
        AssertSorted(asked, searched, 50);
        Assert.Equal(0, ExactSearch.TopK(new Tensor(0, 6), searched, 3).Queries);
    }

    [Fact]
    public void Every_path_and_number_of_threads_gives_the_same()
    {
        Tensor asked = Rows(200, 50, 13), searched = Rows(2200, 50, 14);
        for (int c = 5; c < 2200; c += 11) searched.Span[..50].CopyTo(searched.Span[(c * 50)..]);
        var expected = ExactSearch.TopK(asked, searched, 10);
        var path = Simd.Path;
        int threads = Compute.Threads;
        try
        {
            foreach (var forced in Enum.GetValues<SimdPath>().Where(Simd.IsAvailable))
            {
                for (int count = 1; count <= 2; count++)
                {
                    (Simd.Path, Compute.Threads) = (forced, count);
                    var found = ExactSearch.TopK(asked, searched, 10);
                    for (int q = 0; q < found.Queries; q++)
                    {
                        Assert.Equal(expected.Rows(q), found.Rows(q));
                        Assert.Equal(expected.Scores(q), found.Scores(q));
                    }
                }
            }
        }
        finally
        {
            (Simd.Path, Compute.Threads) = (path, threads);
        }
    }

    [Fact]
    public void What_cannot_be_searched_is_refused_by_name()
    {
        Tensor asked = Rows(4, 6, 15), searched = Rows(9, 6, 16);
        Assert.Throws<ArgumentOutOfRangeException>(() => ExactSearch.TopK(asked, searched, 0));
        Assert.Throws<ArgumentException>(() => ExactSearch.TopK(asked, new Tensor(3, 5), 1));
        Assert.Throws<ArgumentException>(() => ExactSearch.TopK(asked, new Tensor(0, 6), 1));
        searched.Span[(7 * 6) + 2] = float.NaN;
        Assert.Contains("row 7 of the candidates", Assert.Throws<InputException>(() => ExactSearch.TopK(asked, searched, 1)).Message,
            StringComparison.Ordinal);
        Assert.Contains("row 7 of the candidates",
            Assert.Throws<InputException>(() =>
                ExactSearch.TopK(asked, new TensorRows(searched), 1, TestContext.Current.CancellationToken)).Message,
                StringComparison.Ordinal);
        asked.Span[3] = 3e30f;
        Assert.Contains("row 0 of the queries", Assert.Throws<InputException>(() => ExactSearch.TopK(asked, searched, 1)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ExactSearch.TopK(Rows(4, 6, 15), Rows(9, 6, 16), 2).Rows(4));
    }

    private static void AssertSorted(Tensor queries, Tensor candidates, int k)
    {
        var found = ExactSearch.TopK(queries, candidates, k);
        Assert.Equal(queries.Rows, found.Queries);
        Assert.Equal(Math.Min(k, candidates.Rows), found.Count);
        for (int q = 0; q < queries.Rows; q++)
        {
            double[] scores = [.. Enumerable.Range(0, candidates.Rows).Select(c => Score(queries, q, candidates, c))];
            int[] order = [.. Enumerable.Range(0, candidates.Rows).OrderByDescending(c => scores[c]).ThenBy(c => c).Take(k)];
            Assert.Equal(order, found.Rows(q).ToArray());
            Assert.Equal(order.Select(c => (float)scores[c]), found.Scores(q).ToArray());
        }

        AssertStreamed(found, queries, candidates, k);
    }

    // In blocks of fewer rows than are asked for, of some, and of all.
    private static void AssertStreamed(TopMatches expected, Tensor queries, Tensor candidates, int k)
    {
        foreach (int rows in (int[])[Math.Max(2, candidates.Rows / 400), (candidates.Rows / 3) + 1, candidates.Rows])
        {
            var found = ExactSearch.TopK(queries, new TensorRows(candidates), k, rows * queries.Width,
                TestContext.Current.CancellationToken);
            Assert.Equal((expected.Queries, expected.Count), (found.Queries, found.Count));
            for (int q = 0; q < found.Queries; q++)
            {
                Assert.Equal(expected.Rows(q), found.Rows(q));
                Assert.Equal(expected.Scores(q), found.Scores(q));
            }
        }
    }

    private static unsafe double Score(Tensor a, int row, Tensor b, int column) =>
        RowDots.Dot(a.Pointer + (row * a.Width), b.Pointer + (column * b.Width), a.Width);

    private static Tensor Rows(int rows, int width, ulong seed) => Tensor.Normal(new RandomGenerator(seed), 1, rows, width);
}
