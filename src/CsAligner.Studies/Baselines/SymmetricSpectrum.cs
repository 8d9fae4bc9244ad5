using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Studies.Baselines;

/// <summary>The eigenvalues and eigenvectors of a covariance, from which functions of it are taken.</summary>
internal sealed class SymmetricSpectrum
{
    private readonly Matrix<double> _vectors;
    private readonly Vector<double> _values;

    /// <param name="matrix">[D, D], symmetric, without negative eigenvalues but for rounding.</param>
    public SymmetricSpectrum(Matrix<double> matrix)
    {
        var eigen = matrix.Evd(Symmetricity.Symmetric);
        (_vectors, _values) = (eigen.EigenVectors, eigen.EigenValues.Real().PointwiseMaximum(0));
    }

    /// <summary>The matrix with a function of its eigenvalues in their place.</summary>
    public Matrix<double> Of(Func<double, double> function) =>
        (_vectors * Matrix<double>.Build.DiagonalOfDiagonalVector(_values.Map(function))).TransposeAndMultiply(_vectors);

    /// <summary>((1 - shrinkage) C + shrinkage variance I)^-1/2.</summary>
    /// <param name="shrinkage">0 to 1.</param>
    /// <param name="variance">What the eigenvalues are shrunk towards, their mean.</param>
    public Matrix<double> InverseRoot(double shrinkage, double variance) =>
        Of(value => Math.Pow(Math.Max(((1 - shrinkage) * value) + (shrinkage * variance), variance * 1e-12), -0.5));

    /// <summary>The eigenvectors of the largest eigenvalues, [D, K].</summary>
    public Matrix<double> Largest(int count) => _vectors.SubMatrix(0, _vectors.RowCount, _vectors.ColumnCount - count, count);
}
