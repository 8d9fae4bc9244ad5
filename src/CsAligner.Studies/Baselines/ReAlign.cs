using CsAligner.Tensors;
using CsAligner.Training;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Studies.Baselines;

/// <summary>
/// ReAlign (arXiv 2602.07026): texts move onto the images, which stay. Anchor: the mean of texts becomes that of images. Trace: texts are
/// scaled about it until both have the same total variance. Centroid: after projection to the sphere the mean has drifted, and is moved to
/// that of the images again.
/// </summary>
internal sealed class ReAlign : Baseline
{
    public override string Name => "realign";

    public override string About =>
        "ReAlign (arXiv 2602.07026): texts move onto the images by anchor (mean), trace (total variance) and centroid (mean on the sphere)";

    public override Func<double, BaselineMaps> Fit(AlignmentData data)
    {
        RowMoments images = RowMoments.OfImages(data), texts = RowMoments.OfTexts(data);
        double scale = Math.Sqrt(images.Covariance.Trace() / texts.Covariance.Trace());
        var moved = BaselineMaps.Affine(Matrix<double>.Build.DenseIdentity(texts.Mean.Count) * scale, texts.Mean, images.Mean);
        Vector<double> drifted = RowMoments.Of(moved(RowMoments.AllRows(data.Texts, data.UnpairedTexts))).Mean;
        var centred = BaselineMaps.Affine(null, drifted, images.Mean);
        var maps = new BaselineMaps(Still, rows => centred(moved(rows)));
        return _ => maps;
    }

    private static Tensor Still(Tensor rows) => rows;
}
