using System.Text.Json;
using CsAligner.Evaluation;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Maps;

namespace CsAligner.Tests.Evaluation;

[Collection("process settings")]
public sealed class TSneTests : IDisposable
{
    private readonly int _threads = Compute.Threads;

    public static TheoryData<int> Cases => [0, 1];

    public void Dispose() => Compute.Threads = _threads;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Affinities_divergence_and_gradient_are_the_golden_ones(int number)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "tsne.json")));
        var golden = json.RootElement.GetProperty("cases")[number];
        int width = golden.GetProperty("width").GetInt32();
        double[] values = Numbers("rows"), map = Numbers("map");
        int count = values.Length / width;
        Tensor rows = Tensor.From([.. values.Select(v => (float)v)], count, width),
            points = Tensor.From([.. map.Select(v => (float)v)], 2, count), gradient = new(2, count);
        Tensor affinities = TSne.Affinities(rows, golden.GetProperty("perplexity").GetDouble());
        Near.Norm(Numbers("affinities"), [.. affinities.Span.ToArray().Select(v => (double)v)], 1e-5, "affinities");
        double divergence = TSneSteps.Gradient(affinities, 1, points, gradient, value: true);
        Near.Relative(golden.GetProperty("divergence").GetDouble(), divergence, 1e-5);
        Near.Norm(Numbers("gradient"), [.. gradient.Span.ToArray().Select(v => (double)v)], 1e-5, "gradient");

        double[] Numbers(string key) => [.. golden.GetProperty(key).EnumerateArray().Select(v => v.GetDouble())];
    }

    [Fact]
    public void Well_separated_clusters_stay_apart()
    {
        Tensor first = Cluster(1, 0), second = Cluster(2, 9), third = Cluster(3, -9);
        float[] map = TSne.Embed([first, second, third]);
        int right = 0;
        for (int i = 0; i < 150; i++)
        {
            int nearest = Enumerable.Range(0, 150).Where(j => j != i)
                .MinBy(j => Math.Pow(map[2 * i] - map[2 * j], 2) + Math.Pow(map[(2 * i) + 1] - map[(2 * j) + 1], 2));
            if (nearest / 50 == i / 50) right++;
        }

        Assert.Equal(150, right);

        // The clusters themselves: gaps between them, not only right neighbours.
        (double X, double Y)[] centres =
            [.. Enumerable.Range(0, 3)
                .Select(c => (Enumerable.Range(c * 50, 50).Average(i => map[2 * i]),
                    Enumerable.Range(c * 50, 50).Average(i => map[(2 * i) + 1])))];
        double widest = Enumerable.Range(0, 150).Max(i => Distance((map[2 * i], map[(2 * i) + 1]), centres[i / 50]));
        Assert.True(Distance(centres[0], centres[1]) > 2 * widest && Distance(centres[1], centres[2]) > 2 * widest
            && Distance(centres[0], centres[2]) > 2 * widest);
    }

    // Rows that are all about as far from each other: the early pull shrinks them to a point, from which the map must open again.
    [Fact]
    public void Rows_without_clusters_do_not_end_in_a_point_or_a_line()
    {
        float[] map = TSne.Embed([Clouds.Flat(600, 48, 1, 0.1f), Clouds.Flat(600, 48, 1, -0.1f)]);
        double Deviation(int coordinate) =>
            Math.Sqrt(Enumerable.Range(0, 1200).Average(i => (double)map[(2 * i) + coordinate] * map[(2 * i) + coordinate]));
        Assert.True(Deviation(0) > 1, $"{Deviation(0)}");
        Assert.InRange(Deviation(1) / Deviation(0), 0.2, 5);
    }

    [Fact]
    public void It_lowers_the_divergence_and_repeats_itself_whatever_the_threads()
    {
        Tensor rows = Cluster(4, 0);
        float[]? first = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            Compute.Threads = threads;
            float[] map = TSne.Embed([rows], new TSneOptions { Iterations = 100, Seed = 5 });
            first ??= map;
            Assert.Equal(first, map);
        }

        Assert.NotEqual(first, TSne.Embed([rows], new TSneOptions { Iterations = 100, Seed = 6 }));
        Assert.True(Divergence(rows, TSne.Embed([rows])) < 0.8 * Divergence(rows, TSne.Embed([rows], new TSneOptions { Iterations = 1 })));
    }

    [Fact]
    public void Equal_rows_and_few_rows_give_finite_maps_and_too_few_are_refused()
    {
        Assert.All(TSne.Embed([new Tensor(20, 4)]), v => Assert.True(float.IsFinite(v)));
        Assert.All(TSne.Embed([Tensor.Normal(new RandomGenerator(1), 1, 4, 1)]), v => Assert.True(float.IsFinite(v)));
        Assert.Throws<ArgumentException>(() => TSne.Embed([new Tensor(3, 4)]));
        Assert.Throws<ArgumentException>(() => TSne.Embed([new Tensor(5, 4), new Tensor(5, 3)]));
    }

    private static double Divergence(Tensor rows, float[] map)
    {
        Tensor turned = new(2, rows.Rows);
        for (int i = 0; i < map.Length; i++) turned.Span[(i % 2 * rows.Rows) + (i / 2)] = map[i];
        return TSneSteps.Gradient(TSne.Affinities(rows, (rows.Rows - 1) / 3.0), 1, turned, new Tensor(2, rows.Rows), value: true);
    }

    private static double Distance((double X, double Y) a, (double X, double Y) b) =>
        Math.Sqrt(((a.X - b.X) * (a.X - b.X)) + ((a.Y - b.Y) * (a.Y - b.Y)));

    private static Tensor Cluster(ulong seed, float shift)
    {
        Tensor rows = Tensor.Normal(new RandomGenerator(seed), 1, 50, 8);
        foreach (ref float value in rows.Span) value += shift;
        return rows;
    }
}
