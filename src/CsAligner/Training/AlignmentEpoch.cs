using System.Text.Json;
using CsAligner.Tensors.Formats;

namespace CsAligner.Training;

/// <summary>
/// The result of one epoch of alignment. Numbers carry float32 precision, so that a resumed run reports the same.
/// Validation values are NaN where nothing is held out.
/// </summary>
/// <param name="Epoch">From 1; 0 is the start, before any step.</param>
/// <param name="Loss">Mean over the epoch's steps.</param>
/// <param name="CauchySchwarz">Mean D_CS of the batches at the bandwidth in use; NaN where the objective has none.</param>
/// <param name="InfoNce">Mean InfoNCE of the batches; NaN where the objective has none.</param>
/// <param name="Other">Mean sum of the objective's other terms; NaN where it has none.</param>
/// <param name="TokenCauchySchwarz">Mean D_CS between the tokens of the pairs; NaN where tokens take no part.</param>
/// <param name="Bandwidth">sigma at the end of the epoch.</param>
/// <param name="Temperature">tau at the end of the epoch.</param>
/// <param name="LearningRate">That of the last step.</param>
/// <param name="ValidationObjective">
/// What the best epoch has least of, on held-out pairs: InfoNCE, off-diagonal D_CS at within*0.35, or InfoNCE plus half
/// of that D_CS, as the objective has them; of other objectives their own value.
/// </param>
/// <param name="ValidationCsDivergence">Off-diagonal D_CS at within*0.35 on held-out pairs.</param>
/// <param name="ValidationImageToText">R@1 among held-out pairs.</param>
/// <param name="ValidationTextToImage">R@1 among held-out pairs.</param>
public sealed record AlignmentEpoch(
    int Epoch,
    float Loss,
    float CauchySchwarz,
    float InfoNce,
    float Other,
    float TokenCauchySchwarz,
    float Bandwidth,
    float Temperature,
    float LearningRate,
    float ValidationObjective,
    float ValidationCsDivergence,
    float ValidationImageToText,
    float ValidationTextToImage)
{
    internal const int Numbers = 12;

    /// <summary>Writes the epoch as one object.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("epoch", Epoch);
        JsonNumbers.Write(writer, "loss", Loss);
        JsonNumbers.Write(writer, "cs_divergence", CauchySchwarz);
        JsonNumbers.Write(writer, "infonce", InfoNce);
        if (!float.IsNaN(Other)) writer.WriteNumber("other", Other);
        if (!float.IsNaN(TokenCauchySchwarz)) writer.WriteNumber("token_cs_divergence", TokenCauchySchwarz);
        JsonNumbers.Write(writer, "bandwidth", Bandwidth);
        JsonNumbers.Write(writer, "temperature", Temperature);
        JsonNumbers.Write(writer, "lr", LearningRate);
        JsonNumbers.Write(writer, "val_objective", ValidationObjective);
        JsonNumbers.Write(writer, "val_cs_divergence_off_diagonal", ValidationCsDivergence);
        JsonNumbers.Write(writer, "val_image_to_text_r1", ValidationImageToText);
        JsonNumbers.Write(writer, "val_text_to_image_r1", ValidationTextToImage);
        writer.WriteEndObject();
    }

    internal void Store(Span<float> numbers)
    {
        ReadOnlySpan<float> values =
        [
            Loss, CauchySchwarz, InfoNce, Other, TokenCauchySchwarz, Bandwidth, Temperature, LearningRate,
            ValidationObjective, ValidationCsDivergence, ValidationImageToText, ValidationTextToImage,
        ];
        values.CopyTo(numbers);
    }

    internal static AlignmentEpoch Load(int epoch, ReadOnlySpan<float> n) =>
        new(epoch, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11]);
}
