using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.FeatureSets;

/// <summary>What <c>features.json</c> says of a feature set.</summary>
/// <param name="Encoder">The encoder that made the rows.</param>
/// <param name="ImageWidth">Values in an image row; 0 when there are no images.</param>
/// <param name="TextWidth">Values in a text row; 0 when there are no texts.</param>
/// <param name="Normalised">Whether every row has length 1 (up to the rounding of the file's type).</param>
/// <param name="ImageCount">Image rows over all shards.</param>
/// <param name="TextCount">Text rows over all shards.</param>
/// <param name="SourceHash">A hash of the encoded input; null if unknown.</param>
/// <param name="Split">The split of the rows; null if there is none.</param>
public sealed record FeatureSetInfo(
    string Encoder, int ImageWidth, int TextWidth, bool Normalised, long ImageCount, long TextCount, string? SourceHash, string? Split)
{
    internal void Write(string path) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("encoder", Encoder);
        json.WriteNumber("image_width", ImageWidth);
        json.WriteNumber("text_width", TextWidth);
        json.WriteBoolean("normalised", Normalised);
        json.WriteNumber("image_count", ImageCount);
        json.WriteNumber("text_count", TextCount);
        json.WriteString("source_hash", SourceHash);
        json.WriteString("split", Split);
        WrittenBy.WriteProperty(json);
        json.WriteEndObject();
    });

    internal static FeatureSetInfo Read(string path)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            using JsonDocument document = LenientJson.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
            JsonElement root = document.RootElement;
            return new FeatureSetInfo(
                root.GetProperty("encoder").GetString() ?? "",
                checked((int)Whole(root, "image_width")),
                checked((int)Whole(root, "text_width")),
                root.GetProperty("normalised").GetBoolean(),
                Whole(root, "image_count"),
                Whole(root, "text_count"),
                Optional(root, "source_hash"),
                Optional(root, "split"));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException or FormatException
            or OverflowException)
        {
            throw new InputException($"cannot read '{path}': it is not the features.json of a feature set ({failure.Message}); embed again "
                + "or remove it", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }

    private static long Whole(JsonElement root, string key) =>
        LenientJson.TryGetWhole(root.GetProperty(key), out long number)
            ? number
            : throw new FormatException($"{key} is not a whole number");

    private static string? Optional(JsonElement root, string key) =>
        root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;
}
