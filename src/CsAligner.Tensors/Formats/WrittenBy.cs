using System.Reflection;
using System.Text.Json;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// The program and its version, in every file that has a place for it; run.json and generate.json name it among their versions. No reader
/// asks for it, so files of any version, and of other programs, are read alike. It names no commit: two builds of one version write the
/// same bytes.
/// </summary>
internal static class WrittenBy
{
    /// <summary>The key in JSON objects and in safetensors metadata, and the column of CSV files.</summary>
    public const string Key = "written_by";

    /// <summary><c>csalign X.Y.Z</c>.</summary>
    public static string Program { get; } = "csalign " + Version();

    /// <summary>A comment of HTML, SVG and Markdown.</summary>
    public static string Comment { get; } = $"<!-- written by {Program} -->";

    /// <summary>Writes the property into an object that the caller has begun.</summary>
    public static void WriteProperty(Utf8JsonWriter writer) => writer.WriteString(Key, Program);

    /// <summary>Sets the text of <c>__metadata__</c>.</summary>
    public static void SetMetadata(SafeTensorsWriter writer) => writer.SetMetadata(Key, Program);

    /// <summary>A Markdown page with the comment as its last line.</summary>
    public static string Sign(string markdown) => $"{markdown.TrimEnd('\n')}\n\n{Comment}\n";

    // The informational version has the commit behind a plus sign.
    private static string Version() =>
        typeof(WrittenBy).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
