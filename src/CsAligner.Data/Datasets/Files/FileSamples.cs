using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Disk;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// Picture files below a folder and their captions, as a list names them. The list is in memory: 25 bytes and its path for each
/// sample, 13 bytes and the text for each caption, while it is read 8 to 21 more for each sample; pictures are read when they are
/// asked for.
/// </summary>
public sealed class FileSamples : SampleSource
{
    // Stands in for a sample's first caption: the entry is not a sample, and its path holds the reason.
    private const int Problem = -2;

    private readonly string _list;
    private readonly string _mark;
    private readonly TextStore _paths = new();
    private readonly TextStore _captions = new();

    // For each sample: its first and last caption and its place in the list; for each caption: the next one of its sample, or -1.
    private readonly ChunkedList<(int First, int Last, long Mark)> _samples = new();
    private readonly ChunkedList<int> _next = new();

    // Samples by their paths, while the list is read.
    private HashIndex? _numbers = new();
    private string _root = "";
    private DiskNames _disk = new("");

    internal FileSamples(string name, string list, string mark, bool hasCaptions, string? split = null)
    {
        (Name, _list, _mark, HasCaptions, Split) = (name, list, mark, hasCaptions, split);
        Fingerprint = "";
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string? Split { get; }

    /// <inheritdoc/>
    public override bool HasImages => true;

    /// <inheritdoc/>
    public override bool HasCaptions { get; }

    /// <summary>How errors name an entry of the list; null for its number.</summary>
    internal Func<long, string>? MarkName { get; init; }

    /// <inheritdoc/>
    public override int Parts => _samples.Count;

    /// <inheritdoc/>
    public override long Count => _samples.Count;

    /// <inheritdoc/>
    public override string Fingerprint => field.Length > 0 ? field : field = MakeFingerprint();

    /// <inheritdoc/>
    public override int PartsFor(int samples) => samples;

    /// <inheritdoc/>
    public override IEnumerable<SampleEntry> ReadPart(int part) => [new Entry(this, part)];

    /// <summary>Adds a caption; an image that is already there gets another caption.</summary>
    internal void Add(string image, string caption, long mark)
    {
        TryAddImage(image, mark, out int number);
        AddCaption(number, caption);
    }

    /// <summary>Adds an image; false if it is there already. Gives its number either way.</summary>
    internal bool TryAddImage(string image, long mark, out int number)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(image);
        int hash = HashIndex.HashOf(bytes), steps = 0;
        do number = _numbers!.Next(hash, ref steps);
        while (number >= 0 && !_paths.Bytes(number).SequenceEqual(bytes));
        if (number >= 0) return false;
        number = _samples.Count;
        _numbers.Add(hash, number);
        _paths.Add(image);
        _samples.Add((-1, -1, mark));
        return true;
    }

    /// <summary>Adds a caption of a sample.</summary>
    internal void AddCaption(int number, string caption)
    {
        int text = _captions.Add(caption);
        _next.Add(-1);
        ref var sample = ref _samples[number];
        if (sample.Last >= 0) _next[sample.Last] = text;
        sample = sample with { First = sample.First >= 0 ? sample.First : text, Last = text };
    }

    /// <summary>Adds an entry of the list that is not a sample.</summary>
    internal void AddProblem(string problem, long mark)
    {
        _paths.Add(problem);
        _samples.Add((Problem, -1, mark));
    }

    /// <summary>Where in the list a sample stands.</summary>
    internal long MarkOf(int number) => _samples[number].Mark;

    /// <summary>The list is read.</summary>
    /// <param name="root">The folder that its paths are relative to.</param>
    internal FileSamples Complete(string root)
    {
        (_numbers, _root) = (null, Path.GetFullPath(root + "/"));
        _disk = new DiskNames(_root);
        return _samples.Count > 0
            ? this
            : throw new InputException($"cannot read '{_list}': it names no images{(Split is null ? "" : $" of split '{Split}'")}");
    }

    private string MakeFingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < _samples.Count; i++) hash.AppendData(Encoding.UTF8.GetBytes(_paths[i] + "\n"));
        for (int i = 0; i < _captions.Count; i++) hash.AppendData(Encoding.UTF8.GetBytes(_captions[i] + "\n"));
        return $"files {_samples.Count} {_captions.Count} {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    private string Where(int number) => $"cannot read '{_list}': {Place(number)}";

    private string Place(int number) =>
        $"{_mark} {MarkName?.Invoke(_samples[number].Mark) ?? _samples[number].Mark.ToString(CultureInfo.InvariantCulture)}";

    // A foreign list must not make us read files outside its folder.
    private string CheckPath(int number)
    {
        string image = _paths[number];
        if (_samples[number].First == Problem) throw new InputException($"{Where(number)} {image}");
        if (image.Contains('\0') || Path.IsPathRooted(image)
            || !Path.GetFullPath(Path.Combine(_root, image)).StartsWith(_root, StringComparison.Ordinal))
            throw new InputException($"{Where(number)} names '{image.Replace("\0", "\\0", StringComparison.Ordinal)}', which is outside "
                + "the folder; give a path relative to it");
        return _disk.PathOf(image);
    }

    // A name of other bytes than UTF-8 is read with this character in it, and opens nothing.
    private InputException Missing(int number) => new(_paths[number].Contains('\uFFFD')
        ? $"{Where(number)} is '{_paths[number]}', whose name on the disk is not UTF-8; rename it"
        : $"{Where(number)} names '{_paths[number]}', but there is no such file in the folder; correct the path or remove the line");

    private string[] Captions(int number)
    {
        var captions = new List<string>();
        for (int text = _samples[number].First; text >= 0; text = _next[text]) captions.Add(_captions[text]);
        return captions.Count > 0 || !HasCaptions
            ? [.. captions]
            : throw new InputException($"{Where(number)}: '{_paths[number]}' has no caption; add one or remove the image");
    }

    private byte[] ReadImage(int number)
    {
        string path = CheckPath(number);
        try
        {
            return RegularFile.ReadAll(path, SampleEntry.MaxImageBytes);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Missing(number);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }

    private sealed class Entry(FileSamples owner, int number) : SampleEntry
    {
        public override string Key => owner._samples[number].First == Problem ? owner.Place(number) : owner._paths[number];

        public override Sample Load(SampleParts parts)
        {
            owner.CheckPath(number);
            return new Sample(owner._paths[number])
            {
                Captions = parts.HasFlag(SampleParts.Captions) ? owner.Captions(number) : [],
                Image = parts.HasFlag(SampleParts.Image) ? owner.ReadImage(number) : default,
            };
        }

        public override void Check(SampleParts parts)
        {
            string path = owner.CheckPath(number);
            if (parts.HasFlag(SampleParts.Image) && !File.Exists(path)) throw owner.Missing(number);
            if (parts.HasFlag(SampleParts.Captions)) owner.Captions(number);
        }
    }
}
