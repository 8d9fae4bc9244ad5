using System.Text;
using CsAligner.Tensors;

namespace CsAligner.Data.Disk;

/// <summary>
/// The lines of a UTF-8 file one after the other, in bounded memory: with or without a byte order mark, ended by LF or CR LF. A line
/// longer than <see cref="MaxBytes"/> is not kept.
/// </summary>
internal sealed class LineReader : IDisposable
{
    public const int MaxBytes = 1 << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _path;
    private readonly FileStream _file;
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;

    // Where in the file the buffer begins.
    private long _fileOffset;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">The offset of a line, from <see cref="Offset"/>.</param>
    public LineReader(string path, long offset = 0)
    {
        (_path, _fileOffset) = (path, offset);
        try
        {
            _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
            if (offset > 0) _file.Position = offset;
            else RefuseOtherEncodings();
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"cannot read '{path}': there is no such file; check the path", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"cannot read '{path}': {(Directory.Exists(path) ? "it is a folder; expected a text file" : failure.Message)}",
                failure);
        }
    }

    /// <summary>Whether the file can be read from any place: a pipe cannot.</summary>
    public bool CanReadAgain => _file.CanSeek;

    /// <summary>The number of the line read last, from 1.</summary>
    public int Number { get; private set; }

    /// <summary>Where in the file the next line begins, in bytes.</summary>
    public long Offset => _fileOffset + _start;

    /// <summary>Why the line read last cannot be used; null when it can.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads a line; empty if there is a <see cref="Problem"/>. False at the file's end.</summary>
    public bool TryRead(out string line)
    {
        line = "";
        Problem = null;
        bool tooLong = false;
        int searched = _start;
        while (true)
        {
            int feed = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                line = Take(_buffer.AsSpan(_start, searched + feed - _start), tooLong);
                _start = searched + feed + 1;
                return true;
            }

            searched = _end;
            if (_end - _start > MaxBytes)
            {
                tooLong = true;
                _start = _end;
            }

            int before = _start;
            if (!Fill())
            {
                if (_start == _end && !tooLong) return false;
                line = Take(_buffer.AsSpan(_start, _end - _start), tooLong);
                _start = _end;
                return true;
            }

            searched -= before - _start;
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The text of a line's bytes, with or without its end; null if they are not UTF-8.</summary>
    /// <param name="line">The bytes.</param>
    /// <param name="first">Whether the file begins with them: there a byte order mark may stand.</param>
    public static string? Decode(ReadOnlySpan<byte> line, bool first)
    {
        if (first && line.StartsWith(Encoding.UTF8.Preamble)) line = line[Encoding.UTF8.Preamble.Length..];
        if (line.EndsWith("\n"u8)) line = line[..^1];
        if (line.EndsWith("\r"u8)) line = line[..^1];
        try
        {
            return Strict.GetString(line);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private void RefuseOtherEncodings()
    {
        while (_end < 2 && Fill())
        {
        }

        if (_buffer.AsSpan(0, _end) is not ([0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])) return;
        _file.Dispose();
        throw new InputException($"cannot read '{_path}': it is UTF-16, which Windows calls Unicode; save it as UTF-8");
    }

    private string Take(ReadOnlySpan<byte> line, bool tooLong)
    {
        bool first = Number++ == 0 && _fileOffset == 0;
        if (tooLong || line.Length > MaxBytes)
        {
            Problem = $"is longer than {MaxBytes} bytes";
            return "";
        }

        string? text = Decode(line, first);
        if (text is null) Problem = "is not UTF-8; save the file as UTF-8";
        return text ?? "";
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _fileOffset += _start;
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length) Array.Resize(ref _buffer, 2 * _buffer.Length);
        try
        {
            int count = _file.Read(_buffer, _end, _buffer.Length - _end);
            _end += count;
            return count > 0;
        }
        catch (IOException failure)
        {
            throw new InputException($"cannot read '{_path}': {failure.Message}", failure);
        }
    }
}
