namespace CsAligner.Data.Images;

/// <summary>The files that <c>csalign generate</c> writes beside its pictures, and how to recognise them.</summary>
public static class GeneratedPictures
{
    /// <summary>One picture of all the others, for people.</summary>
    public const string SheetFile = "sheet.png";

    /// <summary>How the pictures were made.</summary>
    public const string RecordFile = "generate.json";

    /// <summary>
    /// Whether a file is an overview of the pictures beside it and none of them: a <see cref="SheetFile"/> with a
    /// <see cref="RecordFile"/> beside it. Alone it is a picture like any other.
    /// </summary>
    /// <param name="path">The file.</param>
    public static bool IsSheet(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Path.GetFileName(path) == SheetFile && File.Exists(Path.Combine(Path.GetDirectoryName(path) ?? "", RecordFile));
    }
}
