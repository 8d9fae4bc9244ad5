using CsAligner.Training;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Studies.Baselines;

/// <summary>
/// CORAL (arXiv 1511.05547) in the K directions in which both modalities together vary most: texts are whitened there and take the
/// covariance of the images; other directions stay. Both lose their means first.
/// </summary>
internal sealed class SubspaceCoral : Baseline
{
    public override string Name => "coral";

    public override string About =>
        "CORAL (arXiv 1511.05547): without means, texts take the covariance of the images in the directions of most variance";

    public override string Setting => "directions";

    public override IReadOnlyList<double> Settings => [4, 8, 16, 32, 64];

    public override Func<double, BaselineMaps> Fit(AlignmentData data)
    {
        RowMoments images = RowMoments.OfImages(data), texts = RowMoments.OfTexts(data);
        var pooled = new SymmetricSpectrum(images.Covariance + texts.Covariance);
        var still = BaselineMaps.Affine(null, images.Mean);
        return directions => new BaselineMaps(
            still, BaselineMaps.Affine(Recolour(texts.Covariance, images.Covariance, pooled, (int)directions), texts.Mean));
    }

    /// <summary>I + P (B^1/2 A^-1/2 - I) P', where A and B are the covariances in the subspace of P.</summary>
    /// <param name="from">The covariance that rows have.</param>
    /// <param name="to">The one that they take in the subspace.</param>
    /// <param name="pooled">The sum of both.</param>
    /// <param name="directions">K, cut off at D.</param>
    public static Matrix<double> Recolour(Matrix<double> from, Matrix<double> to, SymmetricSpectrum pooled, int directions)
    {
        int width = from.RowCount;
        Matrix<double> subspace = pooled.Largest(Math.Min(directions, width));
        Matrix<double> a = subspace.TransposeThisAndMultiply(from * subspace), b = subspace.TransposeThisAndMultiply(to * subspace);
        Matrix<double> change = (new SymmetricSpectrum(b).Of(Math.Sqrt)
            * new SymmetricSpectrum(a).InverseRoot(0, a.Trace() / a.RowCount)) - Matrix<double>.Build.DenseIdentity(a.RowCount);
        return Matrix<double>.Build.DenseIdentity(width) + (subspace * change).TransposeAndMultiply(subspace);
    }
}
