using System.Text.Json;
using System.Text.Json.Serialization;

namespace CsAligner.Tensors.Formats;

/// <summary>Whole numbers of 64 bits as tools and people write them: 1000, 1000.0, 1e3.</summary>
internal sealed class WholeInt64Converter : JsonConverter<long>
{
    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && LenientJson.TryGetWhole(ref reader, out long whole) ? whole : reader.GetInt64();

    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}
