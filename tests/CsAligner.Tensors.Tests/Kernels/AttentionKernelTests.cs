using CsAligner.Tensors.Kernels.Layers;

namespace CsAligner.Tensors.Tests.Kernels;

/// <summary>Attention, forward and backward, against its definition in float64.</summary>
[Collection(ComputeSettings.Collection)]
public sealed unsafe class AttentionKernelTests : IDisposable
{
    // Values and gradients are of order 1; the longest sums have some hundred terms.
    private const double Tolerance = 1e-5;

    private readonly int _threads = Compute.Threads;
    private readonly SimdPath _path = Simd.Path;

    public static TheoryData<string> Paths => ["portable", "avx2", "avx512"];

    public void Dispose()
    {
        Compute.Threads = _threads;
        Simd.Path = _path;
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_length_and_width_agrees_with_the_definition(string path)
    {
        Force(path);

        // Around tiles of 6 and 10 rows and panels of 8, 16 and 32 columns; from 61 on, queries go through in blocks.
        foreach (int tokens in (int[])[1, 2, 5, 6, 7, 10, 11, 16, 17, 31, 32, 33, 50, 59, 60, 61, 77, 130])
            foreach (int width in (int[])[1, 3, 8, 32, 33])
                Check(batch: 1, tokens, heads: 2, width, causal: (tokens + width) % 2 == 0, offsets: null, accumulate: width % 2 == 0);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Packed_sequences_see_themselves_only(string path)
    {
        Force(path);
        foreach (bool causal in (bool[])[false, true])
        {
            Check(batch: 3, tokens: 17, heads: 3, width: 32, causal, offsets: [0, 17, 18, 27], accumulate: false);
            Check(batch: 2, tokens: 65, heads: 1, width: 16, causal, offsets: [0, 3, 68], accumulate: true);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Scores_far_apart_and_equal_scores_have_the_right_probabilities(string path)
    {
        Force(path);
        Check(batch: 1, tokens: 19, heads: 1, width: 16, causal: false, offsets: null, accumulate: false, spread: 20);
        Check(batch: 1, tokens: 19, heads: 1, width: 16, causal: false, offsets: null, accumulate: false, spread: 0);
    }

    private static void Check(int batch, int tokens, int heads, int width, bool causal, int[]? offsets, bool accumulate, float spread = 1)
    {
        int all = heads * width, row = 3 * all, rows = offsets?[^1] ?? batch * tokens;
        var sequences = new SequenceLayout(batch, tokens, offsets);
        var qkv = Tensor.Normal(new RandomGenerator(1), 1, rows, row);
        for (int i = 0; i < rows; i++)
            foreach (ref float value in qkv.Span.Slice(i * row, 2 * all)) value *= spread;
        var upstream = Tensor.Normal(new RandomGenerator(2), 1, rows, all);
        var (y, p, gradient) = (new Tensor(rows, all), new Tensor(batch, heads, tokens, tokens), new Tensor(rows, row));
        gradient.Span.Fill(accumulate ? 0.5f : float.NaN);
        AttentionKernel.Forward(qkv.Pointer, p.Pointer, y.Pointer, sequences, heads, all, causal);
        AttentionKernel.Backward(qkv.Pointer, p.Pointer, upstream.Pointer, gradient.Pointer, sequences, heads, all, accumulate);

        var kept = y.Clone();
        AttentionKernel.Forward(qkv.Pointer, null, y.Pointer, sequences, heads, all, causal);
        Assert.Equal(kept.Span, y.Span);

        var expectedY = new double[y.Length];
        var expectedGradient = new double[gradient.Length];
        Array.Fill(expectedGradient, accumulate ? 0.5 : 0);
        for (int b = 0; b < batch; b++)
            for (int head = 0; head < heads; head++)
            {
                int first = offsets?[b] ?? b * tokens, length = offsets is null ? tokens : offsets[b + 1] - first;
                AddHead(qkv, upstream, (first * row) + (head * width), (first * all) + (head * width), length, width, all, causal,
                    expectedY, expectedGradient);
            }

        string name = $"{batch} x {tokens} tokens, {heads} heads of {width}, causal {causal}";
        AssertNear(expectedY, y, 1, name);
        AssertNear(expectedGradient, gradient, Math.Max(1, spread), name + ", backward");
    }

    private static void AddHead(Tensor qkv, Tensor upstream, int start, int at, int tokens, int width, int all, bool causal, double[] y,
        double[] gradient)
    {
        int row = 3 * all;
        double scale = 1 / Math.Sqrt(width);
        for (int i = 0; i < tokens; i++)
        {
            int seen = causal ? i + 1 : tokens;
            double[] scores = [.. Enumerable.Range(0, seen).Select(j => scale * Sum(d => Q(i, d) * K(j, d)))];
            double top = scores.Max(), total = scores.Sum(s => Math.Exp(s - top));
            double[] p = [.. scores.Select(s => Math.Exp(s - top) / total)];
            double[] dp = [.. Enumerable.Range(0, seen).Select(j => Sum(d => Upstream(i, d) * V(j, d)))];
            double dot = p.Zip(dp, (a, b) => a * b).Sum();
            for (int j = 0; j < seen; j++)
            {
                double ds = scale * p[j] * (dp[j] - dot);
                for (int d = 0; d < width; d++)
                {
                    y[at + (i * all) + d] += p[j] * V(j, d);
                    gradient[start + (i * row) + d] += ds * K(j, d);
                    gradient[start + (j * row) + all + d] += ds * Q(i, d);
                    gradient[start + (j * row) + (2 * all) + d] += p[j] * Upstream(i, d);
                }
            }
        }

        double Sum(Func<int, double> term) => Enumerable.Range(0, width).Sum(term);
        double Q(int i, int d) => qkv.Span[start + (i * row) + d];
        double K(int i, int d) => qkv.Span[start + (i * row) + all + d];
        double V(int i, int d) => qkv.Span[start + (i * row) + (2 * all) + d];
        double Upstream(int i, int d) => upstream.Span[at + (i * all) + d];
    }

    private static void AssertNear(double[] expected, Tensor actual, double factor, string name)
    {
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual.Span[i]) < Tolerance * factor * factor * (1 + Math.Abs(expected[i])),
                $"{name}, element {i}: expected {expected[i]}, got {actual.Span[i]}");
    }

    private static void Force(string name)
    {
        var path = Enum.GetValues<SimdPath>().Single(p => Simd.NameOf(p) == name);
        Assert.SkipUnless(Simd.IsAvailable(path), $"this processor has no {name}");
        (Simd.Path, Compute.Threads) = (path, 2);
    }
}
