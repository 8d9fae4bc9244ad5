using System.Security.Cryptography;
using System.Text;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Disk;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using Microsoft.Win32.SafeHandles;

namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// Texts without images: a UTF-8 file of one text a line. Every line must be valid, because texts are identified by line number. For a
/// plain file, only the offset of each line is in memory, 8 bytes; text from a pipe is kept.
/// </summary>
public sealed class TextSamples : SampleSource
{
    private readonly SafeFileHandle? _file;
    private readonly long _length;
    private readonly ChunkedList<long> _offsets = new();
    private readonly TextStore _texts = new();

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">It cannot be read, has no lines, or a line is empty or not UTF-8;
    /// file and line (from 1) are named.</exception>
    public TextSamples(string path)
    {
        Name = path;
        using var lines = new LineReader(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long start = 0; lines.TryRead(out string line); start = lines.Offset)
        {
            string? problem = lines.Problem
                ?? (string.IsNullOrWhiteSpace(line) ? "is empty; every line is a row: remove it or fill it in" : null);
            if (problem is not null) throw new InputException($"cannot read '{path}': line {lines.Number} {problem}");
            if (lines.CanReadAgain) _offsets.Add(start);
            else _texts.Add(line);
            hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
        }

        if (lines.Number == 0) throw new InputException($"cannot read '{path}': the file is empty; expected one entry per line");
        Fingerprint = $"texts {lines.Number} {Convert.ToHexStringLower(hash.GetHashAndReset())}";
        _length = lines.Offset;
        if (lines.CanReadAgain) _file = RegularFile.Open(path);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override bool HasImages => false;

    /// <inheritdoc/>
    public override bool HasCaptions => true;

    /// <inheritdoc/>
    public override int Parts => _file is null ? _texts.Count : _offsets.Count;

    /// <inheritdoc/>
    public override long Count => Parts;

    /// <inheritdoc/>
    public override string Fingerprint { get; }

    /// <inheritdoc/>
    public override int PartsFor(int samples) => samples;

    /// <inheritdoc/>
    public override IEnumerable<SampleEntry> ReadPart(int part) => [new Entry(this, part)];

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _file?.Dispose();
        base.Dispose(disposing);
    }

    private string Read(int number)
    {
        if (_file is null) return _texts[number];
        long start = _offsets[number], end = number + 1 < _offsets.Count ? _offsets[number + 1] : _length;
        byte[] bytes = new byte[end - start];
        try
        {
            for (int done = 0; done < bytes.Length;)
            {
                int count = RandomAccess.Read(_file, bytes.AsSpan(done), start + done);
                done += count > 0 ? count : throw Changed(number);
            }
        }
        catch (IOException failure)
        {
            throw new InputException($"cannot read '{Name}': {failure.Message}", failure);
        }

        return LineReader.Decode(bytes, first: start == 0) ?? throw Changed(number);
    }

    private InputException Changed(int number) =>
        new($"cannot read '{Name}': line {number + 1} has changed since the file was opened; do not change the file until the "
            + "command has ended");

    private sealed class Entry(TextSamples owner, int number) : SampleEntry
    {
        public override string Key => $"line {number + 1}";

        public override Sample Load(SampleParts parts) =>
            new(Key) { Captions = parts.HasFlag(SampleParts.Captions) ? [owner.Read(number)] : [] };

        public override void Check(SampleParts parts)
        {
        }
    }
}
