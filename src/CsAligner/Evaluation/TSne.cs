using System.Numerics.Tensors;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Maps;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Evaluation;

// Shapes: sets [N_k, D], N rows in all; map [N, 2].

/// <summary>
/// Exact t-SNE (van der Maaten and Hinton, JMLR 2008) of the pooled rows of several sets, for maps: rows near each other stay
/// near; distances between clusters and their sizes mean little, so read it beside <see cref="Pca"/>. The start is the first two
/// principal components; momentum, gains and the learning rate N / 48 (at least 50) are scikit-learn's. Time O(N^2 (D + iterations)),
/// memory N^2 floats. Deterministic for a seed, with any number of threads.
/// </summary>
public static class TSne
{
    /// <summary>More rows are refused: draw some first.</summary>
    public const int MostRows = 8192;

    private const float Exaggeration = 12;
    private const int ExaggeratedSteps = 250;
    private const double StartDeviation = 1e-4;
    private const float SmallestGain = 0.01f;

    /// <summary>Coordinates [N * 2], row-major, of the rows of all sets, in order.</summary>
    /// <param name="sets">Matrices of one width, four rows at least in all, at most <see cref="MostRows"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">Too few or too many rows, or widths that differ.</exception>
    public static float[] Embed(IReadOnlyList<Tensor> sets, TSneOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sets);
        options ??= new TSneOptions();
        int count = sets.Sum(set => set.Rows);
        if (count is < 4 or > MostRows || sets.Any(set => set.Rank != 2 || set.Width != sets[0].Width))
            throw new ArgumentException($"t-SNE takes sets of one width with 4 to {MostRows} rows in all, got {string.Join(", ", sets)}.",
                nameof(sets));
        Tensor rows = Pool(sets, count), affinities = Affinities(rows, Math.Min(options.Perplexity, (count - 1) / 3.0));
        Tensor map = Start(rows, options.Seed);
        Descend(affinities, map, options.Iterations);
        var coordinates = new float[2 * count];
        for (int i = 0; i < count; i++) (coordinates[2 * i], coordinates[(2 * i) + 1]) = (map.Span[i], map.Span[count + i]);
        return coordinates;
    }

    /// <summary>The symmetric affinities [N, N] at a perplexity; their sum is 1.</summary>
    internal static Tensor Affinities(Tensor rows, double perplexity)
    {
        var affinities = new Tensor(rows.Rows, rows.Rows);
        TSneSteps.Affinities(rows, perplexity, affinities);
        return affinities;
    }

    private static Tensor Pool(IReadOnlyList<Tensor> sets, int count)
    {
        var rows = new Tensor(count, sets[0].Width);
        int at = 0;
        foreach (Tensor set in sets)
        {
            set.Span.CopyTo(rows.Span[at..]);
            at += set.Length;
        }

        return rows;
    }

    // [2, N]: all of one coordinate, then all of the other.
    private static Tensor Start(Tensor rows, ulong seed)
    {
        var random = new RandomGenerator(seed);
        int count = rows.Rows;
        float[] components = Pca.Fit([rows], Math.Min(2, rows.Width)).Project(rows);
        int width = components.Length / count;
        double deviation = Math.Sqrt(Enumerable.Range(0, count).Sum(i => (double)components[i * width] * components[i * width]) / count),
            scale = deviation > 0 ? StartDeviation / deviation : 0;
        var map = new Tensor(2, count);
        for (int i = 0; i < count; i++)
        {
            map.Span[i] = (float)((components[i * width] * scale) + (StartDeviation * StartDeviation * random.NextNormal()));
            map.Span[count + i] =
                (float)((width > 1 ? components[(i * width) + 1] * scale : 0) + (StartDeviation * StartDeviation * random.NextNormal()));
        }

        return map;
    }

    private static void Descend(Tensor affinities, Tensor map, int iterations)
    {
        int count = affinities.Rows;
        float rate = Math.Max(count / Exaggeration / 4, 50);
        Tensor gradient = new(2, count), speed = new(2, count), gains = new(2, count);
        gains.Span.Fill(1);
        int exaggerated = Math.Min(ExaggeratedSteps, iterations / 3);
        var start = map.Clone();
        for (int step = 0; step < iterations; step++)
        {
            if (step == exaggerated) Unfold(map, start);
            TSneSteps.Gradient(affinities, step < exaggerated ? Exaggeration : 1, map, gradient);
            TSneSteps.Move(map, gradient, speed, gains, rate, step < exaggerated ? 0.5f : 0.8f, SmallestGain);
        }
    }

    // Where rows are nearly as far from all others, as in many dimensions they are, neighbours that pull hard press a coordinate, or both,
    // to nothing, and rounding alone would take thousands of steps to open it again. It gets its start back.
    private static void Unfold(Tensor map, Tensor start)
    {
        int count = map.Width;
        foreach (int first in (int[])[0, count])
        {
            Span<float> coordinate = map.Span.Slice(first, count), original = start.Span.Slice(first, count);
            if (TensorPrimitives.Norm<float>(coordinate) < TensorPrimitives.Norm<float>(original)) original.CopyTo(coordinate);
        }
    }
}
