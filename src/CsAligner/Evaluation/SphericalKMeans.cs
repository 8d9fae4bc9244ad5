using System.Numerics.Tensors;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Retrieval;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Evaluation;

// Shapes: rows [N, D], centroids [K, D].

/// <summary>
/// Clusters of rows by their directions: spherical k-means (Dhillon and Modha, Machine Learning 2001), the best of several starts by
/// k-means++ (Arthur and Vassilvitskii, SODA 2007) on the squared distances 2 - 2 cos. The same bits for a seed, whatever the number of
/// threads and the SIMD path.
/// </summary>
public sealed class SphericalKMeans
{
    private const int MostSteps = 300;

    private SphericalKMeans(int[] clusters, Tensor centroids, double meanCosine) =>
        (Clusters, Centroids, MeanCosine) = (clusters, centroids, meanCosine);

    /// <summary>The cluster of each row, 0 to K - 1; equal cosines go to the lower cluster.</summary>
    public IReadOnlyList<int> Clusters { get; }

    /// <summary>[K, D], of length 1.</summary>
    public Tensor Centroids { get; }

    /// <summary>The mean cosine of rows and their centroids, which the clusters maximise.</summary>
    public double MeanCosine { get; }

    /// <summary>
    /// Finds clusters. Every cluster has a row: one that loses all takes the row that fits its own centroid least. Time
    /// O(restarts steps N K D), at most 300 steps each; memory O(N K).
    /// </summary>
    /// <param name="rows">[N, D], of any length but 0.</param>
    /// <param name="clusters">K, 1 to N.</param>
    /// <param name="seed">Draws the first centroids.</param>
    /// <param name="restarts">Starts, of which the best is kept; at least 1.</param>
    /// <exception cref="InputException">There are fewer rows than clusters, or a row has no direction.</exception>
    public static SphericalKMeans Fit(Tensor rows, int clusters, ulong seed = 0, int restarts = 10)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(clusters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(restarts, 1);
        if (rows.Rank != 2) throw new ArgumentException($"Clusters: expected [N, D], got {rows}.", nameof(rows));
        if (rows.Rows < clusters)
            throw new InputException($"clusters: expected at least as many rows as the {clusters} clusters, got {rows.Rows}");
        Tensor unit = FeatureRows.Unit(rows, "clusters");
        SphericalKMeans? best = null;
        for (int restart = 0; restart < restarts; restart++)
        {
            var found = Run(unit, First(unit, clusters, new RandomGenerator(seed).Split((ulong)restart)));
            if (best is null || found.MeanCosine > best.MeanCosine) best = found;
        }

        return best!;
    }

    // Each centroid is a row, drawn with a probability that grows with its squared distance to those that are drawn already.
    private static Tensor First(Tensor unit, int clusters, RandomGenerator random)
    {
        int count = unit.Rows, width = unit.Width;
        var centroids = new Tensor(clusters, width);
        double[] distances = new double[count];
        float[] cosines = new float[count];
        int drawn = random.Next(count);
        for (int k = 0; k < clusters; k++)
        {
            Tensor row = FeatureRows.Range(unit, drawn, drawn + 1);
            row.Span.CopyTo(centroids.Span[(k * width)..]);
            AllScores.Compute(row, unit, cosines, count, 0);
            for (int i = 0; i < count; i++)
            {
                double distance = i == drawn ? 0 : Math.Max(0, 2 - (2 * (double)cosines[i]));
                distances[i] = k == 0 ? distance : Math.Min(distances[i], distance);
            }

            drawn = Draw(distances, random);
        }

        return centroids;
    }

    private static int Draw(double[] weights, RandomGenerator random)
    {
        double left = random.NextDouble() * TensorPrimitives.Sum<double>(weights);
        int last = -1;
        for (int i = 0; i < weights.Length; i++)
        {
            if (!(weights[i] > 0)) continue;
            last = i;
            if ((left -= weights[i]) < 0) break;
        }

        // All rows lie on centroids already: any will do.
        return last < 0 ? random.Next(weights.Length) : last;
    }

    private static SphericalKMeans Run(Tensor unit, Tensor centroids)
    {
        int count = unit.Rows, clusters = centroids.Rows;
        float[] cosines = new float[checked(clusters * count)], own = new float[count];
        int[] assigned = new int[count];
        for (int step = 0; ; step++)
        {
            AllScores.Compute(centroids, unit, cosines, count, 0);
            bool moved = step == 0;
            for (int i = 0; i < count; i++)
            {
                int nearest = 0;
                for (int k = 1; k < clusters; k++)
                    if (cosines[(k * count) + i] > cosines[(nearest * count) + i]) nearest = k;
                moved |= nearest != assigned[i];
                (assigned[i], own[i]) = (nearest, cosines[(nearest * count) + i]);
            }

            FillEmpty(assigned, own, clusters);
            if (!moved || step == MostSteps) break;
            centroids = Directions(unit, assigned, clusters);
        }

        double sum = 0;
        foreach (float cosine in own) sum += cosine;
        return new SphericalKMeans(assigned, centroids, sum / count);
    }

    private static void FillEmpty(int[] assigned, float[] own, int clusters)
    {
        int[] sizes = new int[clusters];
        foreach (int cluster in assigned) sizes[cluster]++;
        for (int k = 0; k < clusters; k++)
        {
            if (sizes[k] > 0) continue;
            int worst = -1;
            for (int i = 0; i < assigned.Length; i++)
                if (sizes[assigned[i]] > 1 && (worst < 0 || own[i] < own[worst])) worst = i;
            sizes[assigned[worst]]--;
            (assigned[worst], own[worst], sizes[k]) = (k, 1, 1);
        }
    }

    private static Tensor Directions(Tensor unit, int[] assigned, int clusters)
    {
        int width = unit.Width;
        double[] sums = new double[clusters * width], wide = new double[width];
        for (int i = 0; i < assigned.Length; i++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(unit.Span.Slice(i * width, width), wide);
            Span<double> sum = sums.AsSpan(assigned[i] * width, width);
            TensorPrimitives.Add(sum, wide, sum);
        }

        var centroids = new Tensor(clusters, width);
        for (int k = 0; k < clusters; k++)
        {
            Span<double> sum = sums.AsSpan(k * width, width);
            double length = 0;
            foreach (double value in sum) length += value * value;

            // Rows that cancel have no direction; the centroid then is the first of them.
            if (length > 0) TensorPrimitives.Divide(sum, Math.Sqrt(length), sum);
            else TensorPrimitives.ConvertTruncating<float, double>(unit.Span.Slice(Array.IndexOf(assigned, k) * width, width), sum);
            TensorPrimitives.ConvertTruncating<double, float>(sum, centroids.Span.Slice(k * width, width));
        }

        return centroids;
    }
}
