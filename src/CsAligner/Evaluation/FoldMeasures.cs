using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Evaluation;

/// <summary>Retrieval where only some of the rows are candidates: what depends on how many there are.</summary>
/// <param name="ImageToText">Images ask, texts answer.</param>
/// <param name="TextToImage">Texts ask, images answer.</param>
/// <param name="Mixed">Both ask, all rows of both answer.</param>
/// <param name="MutualInformationLowerBound">ln N - InfoNCE in nats.</param>
public sealed record FoldMeasures(
    RetrievalMeasures ImageToText, RetrievalMeasures TextToImage, MixedMeasures Mixed, double MutualInformationLowerBound)
{
    /// <summary>Measures rows.</summary>
    /// <param name="images">[M, D].</param>
    /// <param name="texts">[N, D].</param>
    /// <param name="pairing">The pairs: which text belongs to which image.</param>
    /// <param name="temperature">tau of the bound.</param>
    public static FoldMeasures Of(Tensor images, Tensor texts, Pairing pairing, double temperature) => new(
        Evaluator.ImageToText(images, texts, pairing), Evaluator.TextToImage(images, texts, pairing),
        MixedMeasures.Of(images, texts, pairing), Evaluator.MutualInformation(images, texts, pairing, temperature));

    /// <summary>The mean of each number over folds.</summary>
    /// <param name="folds">At least one.</param>
    public static FoldMeasures Mean(IReadOnlyList<FoldMeasures> folds) => new(
        RetrievalMeasures.Mean([.. folds.Select(fold => fold.ImageToText)]),
        RetrievalMeasures.Mean([.. folds.Select(fold => fold.TextToImage)]),
        MixedMeasures.Mean([.. folds.Select(fold => fold.Mixed)]),
        folds.Average(fold => fold.MutualInformationLowerBound));

    /// <summary>Writes image_to_text, text_to_image, mixed and mutual_information_lower_bound as one object.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        WriteProperties(writer);
        writer.WriteEndObject();
    }

    internal void WriteProperties(Utf8JsonWriter writer)
    {
        writer.WritePropertyName("image_to_text");
        ImageToText.WriteJson(writer);
        writer.WritePropertyName("text_to_image");
        TextToImage.WriteJson(writer);
        writer.WritePropertyName("mixed");
        Mixed.WriteJson(writer);
        JsonNumbers.Write(writer, "mutual_information_lower_bound", MutualInformationLowerBound);
    }
}
