using System.Text;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets;

/// <summary>Reads text files of one entry a line: UTF-8 with or without a byte order mark, lines ended by LF or CR LF.</summary>
public static class TextLines
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>All lines, in order.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">It cannot be read, has no lines, or a line is empty or not UTF-8; file and line (from 1) are named.</exception>
    public static string[] Read(string path)
    {
        ReadOnlySpan<byte> bytes = ReadBytes(path);
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        var lines = new List<string>();
        while (!bytes.IsEmpty)
        {
            int end = bytes.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? bytes : bytes[..end];
            bytes = end < 0 ? [] : bytes[(end + 1)..];
            lines.Add(Decode(path, lines.Count + 1, line.EndsWith("\r"u8) ? line[..^1] : line));
        }

        return lines.Count > 0 ? [.. lines] : throw new InputException($"cannot read '{path}': the file is empty; one entry a line was expected");
    }

    private static string Decode(string path, int number, ReadOnlySpan<byte> line)
    {
        string text;
        try
        {
            text = Strict.GetString(line);
        }
        catch (DecoderFallbackException failure)
        {
            throw new InputException($"cannot read '{path}': line {number} is not UTF-8; save the file as UTF-8", failure);
        }

        return string.IsNullOrWhiteSpace(text)
            ? throw new InputException($"cannot read '{path}': line {number} is empty; every line is a row: remove it or fill it in")
            : text;
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"cannot read '{path}': there is no such file; check the path", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {(Directory.Exists(path) ? "it is a folder, a text file was expected" : failure.Message)}", failure);
        }
    }
}
