using System.Text;
using CsAligner.Tokenizers.Characters;

namespace CsAligner.Data.Disk;

/// <summary>
/// Names of files as systems play with them: what they leave beside files, and letters with marks, which one system writes as one
/// character and another as two (Unicode's forms NFC and NFD).
/// </summary>
internal static class FileNames
{
    // The names of macOS, Windows and Synology; most others begin with a point.
    private static readonly string[] LeftBehind =
        ["__MACOSX", "@eaDir", "Thumbs.db", "ehthumbs.db", "desktop.ini", "$RECYCLE.BIN", "System Volume Information"];

    /// <summary>Compares names independently of their Unicode form.</summary>
    public static IEqualityComparer<string> BySense { get; } = new SenseComparer();

    /// <summary>Whether a file or folder does not belong to the user: a hidden one, such as AppleDouble's <c>._a.png</c>,
    /// or one of the system.</summary>
    /// <param name="name">The last part of a path.</param>
    public static bool IsLeftBehind(string name) =>
        (name.StartsWith('.') && name is not ("." or "..")) || LeftBehind.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether any part of a path with slashes is one.</summary>
    public static bool HasLeftBehind(string path) => path.Split('/').Any(IsLeftBehind);

    /// <summary>The name in the form NFC: the same for names that say the same.</summary>
    public static string Composed(string name) =>
        Ascii.IsValid(name) ? name : UnicodeForms.Normalize(name, compatible: false, composed: true);

    private sealed class SenseComparer : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) =>
            string.Equals(x, y, StringComparison.Ordinal)
                || (x is not null && y is not null && string.Equals(Composed(x), Composed(y), StringComparison.Ordinal));

        public int GetHashCode(string name) => StringComparer.Ordinal.GetHashCode(Composed(name));
    }
}
