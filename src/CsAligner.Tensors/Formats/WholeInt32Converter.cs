using System.Text.Json;
using System.Text.Json.Serialization;

namespace CsAligner.Tensors.Formats;

/// <summary>Whole numbers as tools and people write them: 1000, 1000.0, 1e3.</summary>
internal sealed class WholeInt32Converter : JsonConverter<int>
{
    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && LenientJson.TryGetWhole(ref reader, out long whole)
            && whole is >= int.MinValue and <= int.MaxValue)
            return (int)whole;
        return reader.GetInt32();
    }

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}
