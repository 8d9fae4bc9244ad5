using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Studies.Baselines;

/// <summary>
/// Each modality loses its mean and its covariance: ZCA, by the inverse root of the covariance shrunk towards tr C / D I.
/// </summary>
internal sealed class ShrunkWhitening : Baseline
{
    public override string Name => "whitening";

    public override string About => "each side loses its mean and its covariance (ZCA), which is shrunk first";

    public override string Setting => "shrinkage";

    public override IReadOnlyList<double> Settings => [0.03, 0.1, 0.3, 0.6, 0.9, 0.97, 0.99];

    public override Func<double, BaselineMaps> Fit(AlignmentData data)
    {
        Func<double, Func<Tensor, Tensor>> images = Whiten(RowMoments.OfImages(data)), texts = Whiten(RowMoments.OfTexts(data));
        return shrinkage => new BaselineMaps(images(shrinkage), texts(shrinkage));
    }

    private static Func<double, Func<Tensor, Tensor>> Whiten(RowMoments moments)
    {
        var spectrum = new SymmetricSpectrum(moments.Covariance);
        return shrinkage => BaselineMaps.Affine(spectrum.InverseRoot(shrinkage, moments.MeanVariance), moments.Mean);
    }
}
