using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Tensors.Kernels.Measures;

// Shapes: x [M, D], y [N, D].

/// <summary>
/// Kernel sums, nearest neighbours and neighbourhoods over all pairs of rows, of one product in float64: what fidelity is made of.
/// Squared distances are |x|^2 + |y|^2 - 2 x.y, never below 0: 0 for equal rows, else exact to about 1e-15 of |x|^2 + |y|^2. Time
/// O(M N D), memory of two blocks of rows. The same bits for any number of threads.
/// </summary>
internal static class FidelitySums
{
    /// <summary>sigma of the Gaussian kernel: CMMD's, for rows of length 1.</summary>
    public const double Sigma = 10;

    // exp(-d^2 / (2 sigma^2)) with d^2 = 2 - 2 cos is exp(Slope cos - Slope).
    private const double Slope = 1 / (Sigma * Sigma);

    /// <summary>
    /// Over the pairs of a set's rows. The polynomial sums and the neighbours leave each row itself out, the Gaussian's own 0 does no
    /// harm.
    /// </summary>
    /// <param name="x">[M, D].</param>
    /// <param name="squaredLengths">Those of x, as <see cref="Float64Scores"/> gives them; none is 0.</param>
    /// <param name="neighbours">k of the k-th nearest neighbour, less than M; 0 for none: then distances are 0.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    public static FidelityRows Within(Tensor x, double[] squaredLengths, int neighbours, CancellationToken cancellation = default)
    {
        var result = new FidelityRows(x.Rows);
        double[] lengths = InverseLengths(squaredLengths), nearest = new double[checked(x.Rows * neighbours)];
        Array.Fill(nearest, double.PositiveInfinity);
        Float64Scores.ForEach(
            x,
            x,
            (row, products, first) =>
            {
                Span<double> squares = stackalloc double[Float64Scores.ColumnsPerTile];
                squares = squares[..products.Length];
                Distances(products, squaredLengths[row], squaredLengths.AsSpan(first, products.Length), squares);
                result.Gaussian[row] += GaussianSum(products, lengths[row], lengths.AsSpan(first, products.Length));

                // Cubes of 0 + 1, less 1, are 0.
                if (row >= first && row < first + products.Length) products[row - first] = 0;
                result.Polynomial[row] += PolynomialSum(products, x.Width);
                if (neighbours > 0) KeepNearest(squares, row - first, nearest.AsSpan(row * neighbours, neighbours));
            },
            cancellation: cancellation);
        for (int row = 0; row < x.Rows && neighbours > 0; row++) result.SquaredDistances[row] = nearest[((row + 1) * neighbours) - 1];
        return result;
    }

    /// <summary>For each row of x over all rows of y.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="squaredLengthsX">Those of x.</param>
    /// <param name="y">[N, D].</param>
    /// <param name="squaredLengthsY">Those of y.</param>
    /// <param name="squaredRadii">Of each row of y: what is nearer than that lies within its ball.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    public static FidelityRows Between(
        Tensor x,
        double[] squaredLengthsX,
        Tensor y,
        double[] squaredLengthsY,
        double[] squaredRadii,
        CancellationToken cancellation = default)
    {
        var result = new FidelityRows(x.Rows);
        double[] lengthsX = InverseLengths(squaredLengthsX), lengthsY = InverseLengths(squaredLengthsY);
        Array.Fill(result.SquaredDistances, double.PositiveInfinity);
        Float64Scores.ForEach(
            x,
            y,
            (row, products, first) =>
            {
                Span<double> squares = stackalloc double[Float64Scores.ColumnsPerTile];
                squares = squares[..products.Length];
                Distances(products, squaredLengthsX[row], squaredLengthsY.AsSpan(first, products.Length), squares);
                result.Gaussian[row] += GaussianSum(products, lengthsX[row], lengthsY.AsSpan(first, products.Length));
                result.Polynomial[row] += PolynomialSum(products, x.Width);
                result.SquaredDistances[row] = Math.Min(result.SquaredDistances[row], TensorPrimitives.Min<double>(squares));
                result.Balls[row] += CountBelow(squares, squaredRadii.AsSpan(first, products.Length));
            },
            cancellation: cancellation);
        return result;
    }

    private static double[] InverseLengths(double[] squaredLengths)
    {
        var inverse = new double[squaredLengths.Length];
        for (int i = 0; i < inverse.Length; i++) inverse[i] = 1 / Math.Sqrt(squaredLengths[i]);
        return inverse;
    }

    // The lengths are added first: so the same pair has the same distance seen from either side.
    private static void Distances(
        ReadOnlySpan<double> products, double squaredLength, ReadOnlySpan<double> squaredLengths, Span<double> squares)
    {
        TensorPrimitives.Add(squaredLengths, squaredLength, squares);
        TensorPrimitives.MultiplyAdd(products, -2, squares, squares);
        TensorPrimitives.Max(squares, 0, squares);
    }

    private static double GaussianSum(ReadOnlySpan<double> products, double inverseLength, ReadOnlySpan<double> inverseLengths)
    {
        Span<double> values = stackalloc double[Float64Scores.ColumnsPerTile];
        values = values[..products.Length];
        TensorPrimitives.Multiply(products, inverseLengths, values);
        TensorPrimitives.Multiply(values, Slope * inverseLength, values);
        TensorPrimitives.Subtract(values, Slope, values);
        TensorPrimitives.Exp<double>(values, values);
        return TensorPrimitives.Sum<double>(values) - values.Length;
    }

    // (t + 1)^3 - 1 = t (3 + t (3 + t)).
    private static double PolynomialSum(Span<double> products, int width)
    {
        Span<double> factors = stackalloc double[Float64Scores.ColumnsPerTile];
        factors = factors[..products.Length];
        TensorPrimitives.Divide(products, width, products);
        TensorPrimitives.Add(products, 3, factors);
        TensorPrimitives.MultiplyAdd(factors, products, 3, factors);
        return TensorPrimitives.Dot<double>(factors, products);
    }

    private static int CountBelow(ReadOnlySpan<double> squares, ReadOnlySpan<double> radii)
    {
        int count = 0;
        for (int j = 0; j < squares.Length; j++) count += squares[j] < radii[j] ? 1 : 0;
        return count;
    }

    // The smallest so far in ascending order.
    private static void KeepNearest(ReadOnlySpan<double> squares, int self, Span<double> nearest)
    {
        double farthest = nearest[^1];
        for (int j = 0; j < squares.Length; j++)
        {
            if (squares[j] >= farthest || j == self) continue;
            int at = nearest.Length - 1;
            for (; at > 0 && nearest[at - 1] > squares[j]; at--) nearest[at] = nearest[at - 1];
            nearest[at] = squares[j];
            farthest = nearest[^1];
        }
    }
}
