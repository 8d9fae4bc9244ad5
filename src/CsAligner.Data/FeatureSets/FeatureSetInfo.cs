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
/// <param name="SourceHash">A hash of what was encoded, null when unknown.</param>
/// <param name="Split">The split the rows belong to, null when there is none.</param>
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
        json.WriteEndObject();
    });

    internal static FeatureSetInfo Read(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            using JsonDocument document = JsonDocument.Parse(stream, new JsonDocumentOptions { AllowDuplicateProperties = false });
            JsonElement root = document.RootElement;
            return new FeatureSetInfo(
                root.GetProperty("encoder").GetString() ?? "",
                root.GetProperty("image_width").GetInt32(),
                root.GetProperty("text_width").GetInt32(),
                root.GetProperty("normalised").GetBoolean(),
                root.GetProperty("image_count").GetInt64(),
                root.GetProperty("text_count").GetInt64(),
                Optional(root, "source_hash"),
                Optional(root, "split"));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InputException($"cannot read '{path}': it is not the features.json of a feature set ({failure.Message}); embed again or remove it", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }

    private static string? Optional(JsonElement root, string key) =>
        root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;
}
