using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// Picture files below a folder and their captions, as a list names them. The list is in memory, about 60 bytes and its texts for
/// each sample; pictures are read when they are asked for.
/// </summary>
public sealed class FileSamples : SampleSource
{
    private readonly string _root;
    private readonly string _list;
    private readonly string _mark;
    private readonly TextStore _paths = new();
    private readonly TextStore _captions = new();

    // For each sample its first and last caption and the place in the list, for each caption the next one of its sample; -1: none.
    private readonly List<(int First, int Last, long Mark)> _samples = [];
    private readonly List<int> _next = [];
    private readonly Dictionary<int, string> _problems = [];

    // Paths are told apart by 128 bits of their SHA-256: as strings they would take most of the memory.
    private Dictionary<UInt128, int>? _numbers = [];

    internal FileSamples(string name, string root, string list, string mark, bool hasCaptions, string? split = null)
    {
        (Name, _root, _list, _mark, HasCaptions, Split) = (name, Path.GetFullPath(root + "/"), list, mark, hasCaptions, split);
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

    /// <summary>Adds a caption, or an image alone; an image that is there already gets one caption more.</summary>
    internal void Add(string image, string? caption, long mark)
    {
        int number = Find(image, mark);
        if (caption is null) return;
        int text = _captions.Add(caption);
        _next.Add(-1);
        var sample = _samples[number];
        if (sample.Last >= 0) _next[sample.Last] = text;
        _samples[number] = sample with { First = sample.First >= 0 ? sample.First : text, Last = text };
    }

    /// <summary>Whether the image is there already.</summary>
    internal bool Contains(string image) => _numbers!.ContainsKey(Hash(image));

    /// <summary>Adds an entry of the list that is no sample.</summary>
    internal void AddProblem(string problem, long mark)
    {
        _problems[_samples.Count] = problem;
        _paths.Add("");
        _samples.Add((-1, -1, mark));
    }

    /// <summary>The list is read.</summary>
    internal FileSamples Complete()
    {
        _numbers = null;
        return _samples.Count > 0 ? this : throw new InputException($"cannot read '{_list}': it names no images{(Split is null ? "" : $" of split '{Split}'")}");
    }

    private int Find(string image, long mark)
    {
        var hash = Hash(image);
        if (_numbers!.TryGetValue(hash, out int number)) return number;
        _numbers[hash] = number = _samples.Count;
        _paths.Add(image);
        _samples.Add((-1, -1, mark));
        return number;
    }

    private static UInt128 Hash(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private string MakeFingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < _samples.Count; i++) hash.AppendData(Encoding.UTF8.GetBytes(_paths[i] + "\n"));
        for (int i = 0; i < _captions.Count; i++) hash.AppendData(Encoding.UTF8.GetBytes(_captions[i] + "\n"));
        return $"files {_samples.Count} {_captions.Count} {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    private string Where(int number) => $"cannot read '{_list}': {_mark} {_samples[number].Mark.ToString(CultureInfo.InvariantCulture)}";

    // A list from elsewhere must not make us read files outside of its folder.
    private string CheckPath(int number)
    {
        if (_problems.TryGetValue(number, out string? problem)) throw new InputException($"{Where(number)} {problem}");
        string image = _paths[number];
        if (image.Contains('\0') || Path.IsPathRooted(image) || !Path.GetFullPath(Path.Combine(_root, image)).StartsWith(_root, StringComparison.Ordinal))
            throw new InputException($"{Where(number)} names '{image.Replace("\0", "\\0", StringComparison.Ordinal)}', which is not below the folder; give a path relative to it");
        return Path.Combine(_root, image);
    }

    private InputException Missing(int number) =>
        new($"{Where(number)} names '{_paths[number]}', but there is no such file in the folder; correct the path or remove the line");

    private string[] Captions(int number)
    {
        var captions = new List<string>();
        for (int text = _samples[number].First; text >= 0; text = _next[text]) captions.Add(_captions[text]);
        return captions.Count > 0 || !HasCaptions ? [.. captions] : throw new InputException($"{Where(number)}: '{_paths[number]}' has no caption; add one or remove the image");
    }

    private byte[] ReadImage(int number)
    {
        string path = CheckPath(number);
        try
        {
            // Read by hand: a device or a pipe behind a link has no length and no end.
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
            if (!file.CanSeek || file.Length > SampleEntry.MaxImageBytes) throw new InputException($"cannot read '{path}': {(file.CanSeek ? $"it has {file.Length} bytes, pictures of at most {SampleEntry.MaxImageBytes} are read" : "it is not a plain file")}");
            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
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
        public override string Key => owner._problems.ContainsKey(number) ? $"{owner._mark} {owner._samples[number].Mark}" : owner._paths[number];

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
