using CsAligner.Evaluation;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;
using CsAligner.Training;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Studies.Baselines;

/// <summary>Mean and covariance of the rows of one modality.</summary>
/// <param name="Mean">[D].</param>
/// <param name="Covariance">[D, D], over rows - 1.</param>
internal sealed record RowMoments(Vector<double> Mean, Matrix<double> Covariance)
{
    /// <summary>tr C / D.</summary>
    public double MeanVariance => Covariance.Trace() / Mean.Count;

    /// <summary>Those of all images: with and without a partner.</summary>
    public static RowMoments OfImages(AlignmentData data) => Of(AllRows(data.Images, data.UnpairedImages));

    /// <summary>Those of all texts.</summary>
    public static RowMoments OfTexts(AlignmentData data) => Of(AllRows(data.Texts, data.UnpairedTexts));

    /// <summary>Those of rows.</summary>
    /// <param name="rows">[N, D], two rows or more.</param>
    public static RowMoments Of(Tensor rows)
    {
        var moments = new StreamedMoments(rows.Width);
        Tensor[] blocks =
        [
            .. Enumerable.Range(0, (rows.Rows + StreamedMoments.BlockRows - 1) / StreamedMoments.BlockRows).Select(block =>
                FeatureRows.Range(rows, block * StreamedMoments.BlockRows, Math.Min((block + 1) * StreamedMoments.BlockRows, rows.Rows))),
        ];
        foreach (var block in blocks) moments.AddMean(block, block.Rows);
        foreach (var block in blocks) moments.AddCovariance(block, block.Rows);
        return new RowMoments(
            Vector<double>.Build.Dense(moments.Mean()), Matrix<double>.Build.Dense(rows.Width, rows.Width, moments.Covariance()));
    }

    /// <summary>Rows with and without a partner, in this order.</summary>
    public static Tensor AllRows(Tensor paired, Tensor? unpaired) => unpaired is null ? paired
        : Tensor.From([.. paired.Span, .. unpaired.Span], paired.Rows + unpaired.Rows, paired.Width);
}
