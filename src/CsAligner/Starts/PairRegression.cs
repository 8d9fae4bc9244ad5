using CsAligner.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Starts;

/// <summary>
/// Linear maps between two spaces, fitted to pairs in closed form: the spaces need not have one width. Covariances A and B come from all
/// rows, paired or not; only the covariance C between the sides takes pairs. A and B are regularised by a share of their mean variance
/// (their trace over D), which is the larger width over the number of pairs: few pairs say little of many directions.
/// </summary>
public static class PairRegression
{
    /// <summary>
    /// Maps both modalities to their canonical correlations: A^-1/2 C B^-1/2 = U S V',
    /// x -> S U' A^-1/2 (x - m), and y likewise: each direction counts as much as its correlation. They have the smaller of both widths.
    /// </summary>
    /// <param name="first">All rows of a modality.</param>
    /// <param name="second">All rows of the other.</param>
    /// <param name="firstPaired">[N, D], rows of the first.</param>
    /// <param name="secondPaired">[N, E], of each its partner.</param>
    /// <exception cref="InputException">There are fewer than two rows or pairs, or they do not vary.</exception>
    public static (StartMap First, StartMap Second) ToCorrelations(GaussianFit first, GaussianFit second, Tensor firstPaired,
        Tensor secondPaired)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        Matrix<double> cross = Cross(firstPaired, secondPaired);
        double ridge = RidgeOf(cross, firstPaired.Rows);
        Matrix<double> a = InverseRoot(first, ridge), b = InverseRoot(second, ridge);
        var values = (a * cross * b).Svd();
        int width = Math.Min(first.Width, second.Width);
        Matrix<double> scale = Matrix<double>.Build.DiagonalOfDiagonalVector(values.S.SubVector(0, width));
        return (
            Map(scale * values.U.SubMatrix(0, first.Width, 0, width).Transpose() * a, first.Mean, null),
            Map(scale * values.VT.SubMatrix(0, width, 0, second.Width) * b, second.Mean, null));
    }

    /// <summary>Maps a modality onto the other, which does not change: y -> n + C' (A + ridge)^-1 (x - m).</summary>
    /// <param name="from">All rows of the modality that moves.</param>
    /// <param name="to">All rows of the target.</param>
    /// <param name="fromPaired">[N, D], rows that move.</param>
    /// <param name="toPaired">[N, E], of each its partner.</param>
    /// <exception cref="InputException">There are fewer than two rows or pairs, or they do not vary.</exception>
    public static StartMap Onto(GaussianFit from, GaussianFit to, Tensor fromPaired, Tensor toPaired)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        Matrix<double> cross = Cross(fromPaired, toPaired);
        double ridge = RidgeOf(cross, fromPaired.Rows);
        return Map(Regularised(from, ridge).Cholesky().Solve(cross).Transpose(), from.Mean, to.Mean);
    }

    private static double RidgeOf(Matrix<double> cross, int pairs) => (double)Math.Max(cross.RowCount, cross.ColumnCount) / pairs;

    private static Matrix<double> Regularised(GaussianFit fit, double ridge) => fit.SampleCovariance
        + (ridge * fit.SampleCovariance.Trace() / fit.Width * Matrix<double>.Build.DenseIdentity(fit.Width));

    private static Matrix<double> InverseRoot(GaussianFit fit, double ridge)
    {
        var eigen = Regularised(fit, ridge).Evd(Symmetricity.Symmetric);
        return (eigen.EigenVectors * Matrix<double>.Build.DiagonalOfDiagonalVector(eigen.EigenValues.Real().PointwisePower(-0.5)))
            .TransposeAndMultiply(eigen.EigenVectors);
    }

    // C = 1/N sum (x - mean)(y - mean)', of the pairs' own means.
    private static Matrix<double> Cross(Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Rows != y.Rows) throw new ArgumentException($"{x.Rows} rows have {y.Rows} partners; expected as many.", nameof(y));
        if (x.Rows < 2) throw new InputException($"Regression needs at least 2 pairs, got {x.Rows}");
        return RowMatrices.Product(Centred(x), Centred(y)) / x.Rows;
    }

    private static Tensor Centred(Tensor rows)
    {
        var mean = new double[rows.Width];
        for (int i = 0; i < rows.Length; i++) mean[i % rows.Width] += rows.Span[i];
        var centred = new Tensor(rows.Rows, rows.Width);
        for (int i = 0; i < rows.Length; i++) centred.Span[i] = (float)(rows.Span[i] - (mean[i % rows.Width] / rows.Rows));
        return centred;
    }

    // x -> to + W (x - from).
    private static StartMap Map(Matrix<double> weight, Vector<double> from, Vector<double>? to)
    {
        Vector<double> shift = -(weight * from);
        if (to != null) shift += to;
        return new StartMap(
            RowMatrices.ToTensor(weight),
            Tensor.From([.. shift.Select(v => (float)v)], weight.RowCount));
    }
}
