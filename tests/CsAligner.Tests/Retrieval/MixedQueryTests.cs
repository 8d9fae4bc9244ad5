using CsAligner.Retrieval;
using CsAligner.Tensors;

namespace CsAligner.Tests.Retrieval;

public class MixedQueryTests
{
    [Fact]
    public void Parts_count_alike_whatever_their_lengths()
    {
        Tensor mean = MixedQuery.Mean(Of(2, 0, 0), Of(0, 0.01f, 0));
        Near([0.70710678, 0.70710678, 0], mean, 0);

        // One row joins every query.
        mean = MixedQuery.Mean(Tensor.From([1, 0, 0, 0, 5, 0], 2, 3), Of(0, 0, 3), Of(0, 0, 1));
        Near([0.44721360, 0, 0.89442719], mean, 0);
        Near([0, 0.44721360, 0.89442719], mean, 1);
        Near([0.6, 0.8], MixedQuery.Mean(Tensor.From([3, 4], 1, 2)), 0);
    }

    [Fact]
    public void One_unwanted_row_takes_its_direction_out()
    {
        Near([0, 1, 0], MixedQuery.Without(Of(0.6f, 0.8f, 0), Of(2, 0, 0)), 0);

        // What points away from it stays.
        Near([-0.6, 0.8, 0], MixedQuery.Without(Of(-0.6f, 0.8f, 0), Of(2, 0, 0)), 0);
        Near([0.6, 0.8, 0], MixedQuery.Without(Of(0.6f, 0.8f, 0), Of(0, 0, 1)), 0);
    }

    // scipy.optimize.nnls(W.T, q): weights 0, 0.46305031, 0.54638365, what is left scaled to length 1.
    // A projection onto the span of all three differs.
    [Fact]
    public void Several_unwanted_rows_are_taken_out_together_in_any_order()
    {
        float[][] words = [[1, 0, 0, 0], [0.6f, 0.8f, 0, 0], [0.6f, -0.64f, 0.48f, 0]];
        foreach (int[] order in (int[][])[[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 1, 0, 2, 2]])
        {
            var unwanted = Tensor.From([.. order.SelectMany(w => words[w])], order.Length, 4);
            Near(GoldenLeft, MixedQuery.Without(Of(0.5f, 0.1f, 0.5f, 0.7f), unwanted), 0);
        }
    }

    [Fact]
    public void Nothing_that_remains_points_towards_unwanted_rows_and_nothing_nearer_does()
    {
        var random = new RandomGenerator(5);
        Tensor queries = Tensor.Normal(random, 1, 6, 12), words = Tensor.Normal(random, 1, 5, 12);
        Tensor left = MixedQuery.Without(queries, words);
        for (int q = 0; q < 6; q++)
        {
            for (int w = 0; w < 5; w++) Assert.True(Dot(left, q, words, w) <= 1e-5);
            for (int trial = 0; trial < 200; trial++)
            {
                // Another row that is allowed, as near to the result as chance makes it.
                Tensor other = Tensor.Normal(random, 0.1f, 1, 12);
                for (int d = 0; d < 12; d++) other.Span[d] += left.Span[(q * 12) + d];
                if (Enumerable.Range(0, 5).Any(w => Dot(other, 0, words, w) > 0)) continue;
                Assert.True(Cosine(other, 0, queries, q) <= Cosine(left, q, queries, q) + 1e-6);
            }
        }
    }

    [Fact]
    public void What_makes_no_query_is_refused()
    {
        Says("point in opposite directions", () => MixedQuery.Mean(Of(1, 2, 3), Of(-2, -4, -6)));
        Says("row 0 has the length 0", () => MixedQuery.Mean(Of(0, 0, 0)));
        Says("row 0 has the length NaN", () => MixedQuery.Mean(Of(1, 0, 0), Of(float.NaN, 0, 0)));
        Says("nothing is left", () => MixedQuery.Without(Of(1, 2, 3), Of(2, 4, 6)));
        Says("nothing is left", () => MixedQuery.Without(Of(1, 1, 0), Tensor.From([1, 0, 0, 0, 1, 0], 2, 3)));
        Assert.Throws<ArgumentException>(() => MixedQuery.Mean());
        Assert.Throws<ArgumentException>(() => MixedQuery.Mean(Of(1, 0, 0), Of(1, 0)));
        Assert.Throws<ArgumentException>(() => MixedQuery.Mean(new Tensor(2, 3), new Tensor(4, 3)));
        Assert.Throws<ArgumentException>(() => MixedQuery.Without(Of(1, 0, 0), Of(1, 0)));
    }

    private static readonly double[] GoldenLeft = [-0.14069774, 0.10552331, 0.31656992, 0.93212256];

    private static void Says(string part, Func<object> call) =>
        Assert.Contains(part, Assert.Throws<InputException>(call).Message, StringComparison.Ordinal);

    private static void Near(double[] expected, Tensor rows, int row)
    {
        for (int d = 0; d < expected.Length; d++) Assert.Equal(expected[d], rows.Span[(row * rows.Width) + d], 1e-6);
    }

    private static Tensor Of(params float[] values) => Tensor.From(values, 1, values.Length);

    private static double Dot(Tensor a, int i, Tensor b, int j)
    {
        double sum = 0;
        for (int d = 0; d < a.Width; d++) sum += (double)a.Span[(i * a.Width) + d] * b.Span[(j * a.Width) + d];
        return sum;
    }

    private static double Cosine(Tensor a, int i, Tensor b, int j) => Dot(a, i, b, j) / Math.Sqrt(Dot(a, i, a, i) * Dot(b, j, b, j));
}
