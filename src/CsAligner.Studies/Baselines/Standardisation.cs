using CsAligner.Tensors;
using CsAligner.Training;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Studies.Baselines;

/// <summary>Each dimension of each modality loses its mean and is divided by its standard deviation.</summary>
internal sealed class Standardisation : Baseline
{
    public override string Name => "standardise";

    public override string About => "each dimension of each side loses its mean and is divided by its standard deviation";

    public override Func<double, BaselineMaps> Fit(AlignmentData data)
    {
        var maps = new BaselineMaps(Standardise(RowMoments.OfImages(data)), Standardise(RowMoments.OfTexts(data)));
        return _ => maps;
    }

    private static Func<Tensor, Tensor> Standardise(RowMoments moments) => BaselineMaps.Affine(
        Matrix<double>.Build.DiagonalOfDiagonalVector(
            // A dimension that never changes says nothing.
            moments.Covariance.Diagonal().Map(variance => variance > moments.MeanVariance * 1e-9 ? Math.Pow(variance, -0.5) : 0)),
        moments.Mean);
}
