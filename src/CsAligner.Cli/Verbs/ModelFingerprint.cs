using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CsAligner.Cli.Verbs;

/// <summary>
/// Tells a model from another of the same name: names and sizes of its files, and a hash of what is in them, of large ones of pieces
/// spread over them.
/// </summary>
internal static class ModelFingerprint
{
    private const int Piece = 1 << 20;
    private const int Pieces = 32;

    /// <summary>Of a model's folder, file or name, and of LoRA's folders.</summary>
    public static string Of(string model, params IReadOnlyList<string> lora)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in lora.Prepend(model))
        {
            // A file may have its weights in files beside it.
            string[] files = Directory.Exists(path) ? Directory.GetFiles(path, "*", SearchOption.AllDirectories) : File.Exists(path) ? Directory.GetFiles(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileNameWithoutExtension(path) + "*") : [];
            Append(hash, files.Length == 0 ? path : "");
            foreach (string file in files.Order(StringComparer.Ordinal)) AppendFile(hash, file);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void AppendFile(IncrementalHash hash, string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        Append(hash, $"{Path.GetFileName(path)} {file.Length.ToString(CultureInfo.InvariantCulture)}\n");
        byte[] piece = new byte[Piece];
        long step = Math.Max(Piece, file.Length / Pieces);
        for (long at = 0; at < file.Length; at += step)
        {
            file.Position = at;
            hash.AppendData(piece.AsSpan(0, file.ReadAtLeast(piece, Piece, throwOnEndOfStream: false)));
        }
    }

    private static void Append(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
}
