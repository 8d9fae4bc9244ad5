using System.Numerics.Tensors;
using CsAligner.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Evaluation;

/// <summary>
/// Principal components of the pooled rows of several sets, for drawing maps: the few directions of largest variance,
/// found by subspace iteration on the D x D covariance in float64. Cost: N D^2 for the covariance, then at most
/// 300 D^2 (components + 6). Deterministic; each direction's sign makes its largest coefficient positive.
/// </summary>
public sealed class Pca
{
    private const int Extra = 6;
    private const int MaximumSteps = 300;

    // A map is drawn with three digits; a share of variance that still moves by less than this moves no dot.
    private const double Settled = 1e-12;

    private readonly double[] _mean;
    private readonly double[][] _directions;

    private Pca(double[] mean, double[][] directions, double[] explained) =>
        (_mean, _directions, ExplainedVariance) = (mean, directions, explained);

    /// <summary>Each component's share of the whole variance, 0 to 1, largest first.</summary>
    public IReadOnlyList<double> ExplainedVariance { get; }

    /// <summary>Fits the components to the pooled rows of sets [N_k, D].</summary>
    /// <param name="sets">One or more matrices of one width, at least one row in all.</param>
    /// <param name="components">1 to D.</param>
    /// <exception cref="ArgumentException">No rows, not matrices, or widths that differ.</exception>
    public static Pca Fit(IReadOnlyList<Tensor> sets, int components = 2)
    {
        ArgumentNullException.ThrowIfNull(sets);
        if (sets.Count == 0 || sets.Any(set => set.Rank != 2 || set.Shape[1] != sets[0].Shape[1])
            || sets.Sum(set => (long)set.Shape[0]) == 0)
            throw new ArgumentException("PCA takes one or more [N, D] sets of one width, each with at least one row.", nameof(sets));
        int width = sets[0].Shape[1];
        ArgumentOutOfRangeException.ThrowIfLessThan(components, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(components, width);
        double[] mean = MeanOf(sets, width);
        double[][] covariance = CovarianceOf(sets, mean);
        (double[][] directions, double[] variances) = LargestDirections(covariance, components);
        double total = covariance.Select((row, i) => row[i]).Sum();
        double[] explained = [.. variances.Select(variance => total > 0 ? Math.Clamp(variance / total, 0, 1) : 0)];
        return new Pca(mean, directions, explained);
    }

    /// <summary>Coordinates [N * components], row-major, of the rows of a set [N, D].</summary>
    public float[] Project(Tensor rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        int width = _mean.Length;
        if (rows.Rank != 2 || rows.Shape[1] != width)
            throw new ArgumentException($"the set should be [N, {width}].", nameof(rows));
        var coordinates = new float[rows.Shape[0] * _directions.Length];
        var centred = new double[width];
        for (int row = 0; row < rows.Shape[0]; row++)
        {
            Centre(rows, row, _mean, centred);
            for (int component = 0; component < _directions.Length; component++)
                coordinates[(row * _directions.Length) + component] = (float)TensorPrimitives.Dot<double>(centred, _directions[component]);
        }

        return coordinates;
    }

    private static double[] MeanOf(IReadOnlyList<Tensor> sets, int width)
    {
        var sum = new double[width];
        var row = new double[width];
        long rows = 0;
        foreach (Tensor set in sets)
        {
            for (int i = 0; i < set.Shape[0]; i++, rows++)
            {
                TensorPrimitives.ConvertTruncating<float, double>(set.Span.Slice(i * width, width), row);
                TensorPrimitives.Add<double>(sum, row, sum);
            }
        }

        TensorPrimitives.Divide(sum, (double)rows, sum);
        return sum;
    }

    private static double[][] CovarianceOf(IReadOnlyList<Tensor> sets, double[] mean)
    {
        int width = mean.Length;
        double[][] covariance = [.. Enumerable.Range(0, width).Select(_ => new double[width])];
        var centred = new double[width];
        long rows = 0;
        foreach (Tensor set in sets)
        {
            for (int row = 0; row < set.Shape[0]; row++, rows++)
            {
                Centre(set, row, mean, centred);
                for (int i = 0; i < width; i++)
                {
                    Span<double> upper = covariance[i].AsSpan(i);
                    TensorPrimitives.MultiplyAdd(centred.AsSpan(i), centred[i], upper, upper);
                }
            }
        }

        for (int i = 0; i < width; i++)
        {
            for (int j = i; j < width; j++)
                covariance[j][i] = covariance[i][j] /= rows;
        }

        return covariance;
    }

    private static void Centre(Tensor set, int row, double[] mean, double[] centred)
    {
        TensorPrimitives.ConvertTruncating<float, double>(set.Span.Slice(row * mean.Length, mean.Length), centred);
        TensorPrimitives.Subtract<double>(centred, mean, centred);
    }

    private static (double[][] Directions, double[] Variances) LargestDirections(double[][] covariance, int components)
    {
        int width = covariance.Length;
        int size = Math.Min(width, components + Extra);
        var random = new RandomGenerator(0);
        double[][] basis =
            [.. Enumerable.Range(0, size).Select(_ => Enumerable.Range(0, width).Select(_ => random.NextNormal()).ToArray())];
        Orthonormalise(basis);
        double last = double.NaN;
        for (int step = 0; step < MaximumSteps; step++)
        {
            double[][] images = [.. basis.Select(direction => Multiply(covariance, direction))];
            double captured = Enumerable.Range(0, size).Sum(i => TensorPrimitives.Dot<double>(basis[i], images[i]));
            basis = images;
            Orthonormalise(basis);
            if (Math.Abs(captured - last) <= Settled * captured)
                break;
            last = captured;
        }

        return Rotate(covariance, basis, components);
    }

    /// <summary>Rayleigh-Ritz: the principal axes within the subspace found.</summary>
    private static (double[][] Directions, double[] Variances) Rotate(double[][] covariance, double[][] basis, int components)
    {
        double[][] images = [.. basis.Select(direction => Multiply(covariance, direction))];
        Matrix<double> small = Matrix<double>.Build.Dense(basis.Length, basis.Length, (i, j) =>
            (TensorPrimitives.Dot<double>(basis[i], images[j]) + TensorPrimitives.Dot<double>(basis[j], images[i])) / 2);
        Evd<double> axes = small.Evd(Symmetricity.Symmetric);
        var directions = new double[components][];
        var variances = new double[components];
        for (int component = 0; component < components; component++)
        {
            // Eigenvalues come in rising order.
            int column = basis.Length - 1 - component;
            variances[component] = axes.EigenValues[column].Real;
            directions[component] = new double[covariance.Length];
            for (int i = 0; i < basis.Length; i++)
                TensorPrimitives.MultiplyAdd<double>(basis[i], axes.EigenVectors[i, column], directions[component], directions[component]);
            if (directions[component][TensorPrimitives.IndexOfMaxMagnitude<double>(directions[component])] < 0)
                TensorPrimitives.Negate<double>(directions[component], directions[component]);
        }

        return (directions, variances);
    }

    private static double[] Multiply(double[][] matrix, double[] vector) =>
        [.. matrix.Select(row => TensorPrimitives.Dot<double>(row, vector))];

    /// <summary>Gram-Schmidt, twice for accuracy. A direction that vanishes is replaced by an axis that does not.</summary>
    private static void Orthonormalise(double[][] basis)
    {
        for (int i = 0; i < basis.Length; i++)
        {
            double before = TensorPrimitives.Norm<double>(basis[i]);
            for (int axis = -1; ; axis++)
            {
                if (axis >= 0)
                {
                    Array.Clear(basis[i]);
                    basis[i][axis] = before = 1;
                }

                for (int pass = 0; pass < 2; pass++)
                {
                    for (int j = 0; j < i; j++)
                        TensorPrimitives.MultiplyAdd<double>(basis[j], -TensorPrimitives.Dot<double>(basis[j], basis[i]),
                            basis[i], basis[i]);
                }

                double norm = TensorPrimitives.Norm<double>(basis[i]);
                if (norm > 1e-10 * before && norm > 0)
                {
                    TensorPrimitives.Divide(basis[i], norm, basis[i]);
                    break;
                }
            }
        }
    }
}
