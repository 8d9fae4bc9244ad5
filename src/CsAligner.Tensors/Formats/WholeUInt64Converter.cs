using System.Text.Json;
using System.Text.Json.Serialization;

namespace CsAligner.Tensors.Formats;

/// <summary>Whole numbers without a sign, seeds, as tools and people write them: 1000, 1000.0, 1e3.</summary>
internal sealed class WholeUInt64Converter : JsonConverter<ulong>
{
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && !reader.TryGetUInt64(out _) && reader.TryGetDecimal(out decimal exact)
            && decimal.Truncate(exact) == exact && exact is >= 0 and <= ulong.MaxValue)
            return (ulong)exact;
        return reader.GetUInt64();
    }

    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}
