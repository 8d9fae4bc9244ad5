using System.Text.Json;

namespace CsAligner.Training;

/// <summary>JSON fields of reports; a number that is not finite becomes null.</summary>
internal static class JsonFields
{
    public static void WriteNumber(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number)) writer.WriteNumber(name, number);
        else writer.WriteNull(name);
    }
}
