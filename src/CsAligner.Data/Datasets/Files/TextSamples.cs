using System.Security.Cryptography;
using System.Text;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Files;

/// <summary>Texts without images: a UTF-8 file of one text a line. All lines must be sound, for their numbers are what they are known by.</summary>
public sealed class TextSamples : SampleSource
{
    private readonly TextStore _texts = new();

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">It cannot be read, has no lines, or a line is empty or not UTF-8; file and line (from 1) are named.</exception>
    public TextSamples(string path)
    {
        Name = path;
        using var lines = new LineReader(path);
        while (lines.TryRead(out string line))
        {
            string? problem = lines.Problem ?? (string.IsNullOrWhiteSpace(line) ? "is empty; every line is a row: remove it or fill it in" : null);
            if (problem is not null) throw new InputException($"cannot read '{path}': line {lines.Number} {problem}");
            _texts.Add(line);
        }

        if (_texts.Count == 0) throw new InputException($"cannot read '{path}': the file is empty; one entry a line was expected");
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override bool HasImages => false;

    /// <inheritdoc/>
    public override bool HasCaptions => true;

    /// <inheritdoc/>
    public override int Parts => _texts.Count;

    /// <inheritdoc/>
    public override long Count => _texts.Count;

    /// <inheritdoc/>
    public override string Fingerprint => field ??= MakeFingerprint();

    /// <inheritdoc/>
    public override int PartsFor(int samples) => samples;

    /// <inheritdoc/>
    public override IEnumerable<SampleEntry> ReadPart(int part) => [new Entry(this, part)];

    private string MakeFingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < _texts.Count; i++) hash.AppendData(Encoding.UTF8.GetBytes(_texts[i] + "\n"));
        return $"texts {_texts.Count} {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    private sealed class Entry(TextSamples owner, int number) : SampleEntry
    {
        public override string Key => $"line {number + 1}";

        public override Sample Load(SampleParts parts) => new(Key) { Captions = parts.HasFlag(SampleParts.Captions) ? [owner._texts[number]] : [] };

        public override void Check(SampleParts parts)
        {
        }
    }
}
