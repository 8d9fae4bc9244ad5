using CsAligner.Tensors;
using CsAligner.Training;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Studies.Baselines;

/// <summary>
/// Canonical similarity analysis (CSA, arXiv 2410.07610): canonical correlation with shrunk covariances, each canonical direction weighted
/// by its correlation. With A and B the inverse roots of the covariances and K = A C_xy B = U S V', images become S U' A x and texts
/// S V' B y, here both rotated by U: (K K')^1/2 A x and K B y. Covariances are those of all rows, C_xy that of the pairs.
/// </summary>
internal sealed class ShrunkCca : Baseline
{
    public override string Name => "cca";

    public override string About =>
        "CSA (arXiv 2410.07610): canonical correlation with shrunk covariances, directions weighted by their correlation; needs pairs";

    public override string Setting => "shrinkage";

    public override IReadOnlyList<double> Settings => [0.1, 0.3, 0.6, 0.9, 0.97];

    public override bool NeedsPairs => true;

    public override Func<double, BaselineMaps> Fit(AlignmentData data)
    {
        RowMoments images = RowMoments.OfImages(data), texts = RowMoments.OfTexts(data);
        SymmetricSpectrum a = new(images.Covariance), b = new(texts.Covariance);
        Matrix<double> cross = Centred(data.Images).TransposeThisAndMultiply(Centred(data.Texts)) / (data.Images.Rows - 1);
        return shrinkage =>
        {
            Matrix<double> rootA = a.InverseRoot(shrinkage, images.MeanVariance), rootB = b.InverseRoot(shrinkage, texts.MeanVariance);
            Matrix<double> correlation = rootA * cross * rootB;
            Matrix<double> weight = new SymmetricSpectrum(correlation.TransposeAndMultiply(correlation)).Of(Math.Sqrt);
            return new BaselineMaps(
                BaselineMaps.Affine(weight * rootA, images.Mean), BaselineMaps.Affine(correlation * rootB, texts.Mean));
        };
    }

    private static Matrix<double> Centred(Tensor rows)
    {
        var matrix = Matrix<double>.Build.Dense(rows.Rows, rows.Width, (row, column) => rows.Span[(row * rows.Width) + column]);
        Vector<double> mean = matrix.ColumnSums() / rows.Rows;
        matrix.MapIndexedInplace((_, column, value) => value - mean[column], Zeros.Include);
        return matrix;
    }
}
