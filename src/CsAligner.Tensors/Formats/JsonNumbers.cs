using System.Text.Json;

namespace CsAligner.Tensors.Formats;

/// <summary>Numbers in JSON: missing and non-finite values become null.</summary>
internal static class JsonNumbers
{
    public static void Write(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number)) writer.WriteNumber(name, number);
        else writer.WriteNull(name);
    }
}
