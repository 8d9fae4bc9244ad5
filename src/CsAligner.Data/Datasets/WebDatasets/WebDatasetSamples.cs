using System.Text;
using System.Text.Json;
using CsAligner.Data.Datasets.Files;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Disk;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using Microsoft.Win32.SafeHandles;

namespace CsAligner.Data.Datasets.WebDatasets;

/// <summary>
/// Tar shards as WebDataset has them: members that follow each other and share a key are a sample, the key being the path up to the
/// first dot of the base name. The image is the member jpg, jpeg, png or webp, the caption txt, or of json what a list of captions
/// may call it. A shard is a part; of the shard that is read only the keys' hashes are kept, about 40 bytes for each.
/// </summary>
public sealed class WebDatasetSamples : SampleSource
{
    private static readonly string[] ImageEndings = ["jpg", "jpeg", "png", "webp"];

    // A caption is not a book.
    private const int MaxTextBytes = 1 << 20;

    private readonly string[] _shards;
    private readonly long[] _lengths;

    /// <summary>Opens shards.</summary>
    /// <param name="name">The data set as it was named.</param>
    /// <param name="shards">The archives, in order; at least one.</param>
    /// <exception cref="InputException">One is missing, compressed or no tar archive.</exception>
    public WebDatasetSamples(string name, IReadOnlyList<string> shards)
    {
        ArgumentNullException.ThrowIfNull(shards);
        if (shards.Count == 0) throw new ArgumentException("There is no shard.", nameof(shards));
        (Name, _shards) = (name, [.. shards]);
        string[] missing = [.. _shards.Where(shard => !File.Exists(shard))];
        if (missing.Length > 0)
            throw new InputException($"cannot read '{name}': {missing.Length} of {_shards.Length} shards are missing, the first is "
                + $"'{missing[0]}'; correct the range or get them");
        _lengths = [.. _shards.Select(shard => new FileInfo(shard).Length)];

        // One shard is counted, the others are taken to be like it.
        double first = ReadPart(0).LongCount();
        if (first == 0 && _shards.Length == 1)
            throw new InputException($"cannot read '{_shards[0]}': it has no samples; expected members such as 0001.jpg and 0001.txt");
        Count = _shards.Length == 1 ? (long)first : (long)Math.Round(first / Math.Max(1, _lengths[0]) * _lengths.Sum());
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override bool HasImages => true;

    /// <inheritdoc/>
    public override bool HasCaptions => true;

    /// <inheritdoc/>
    public override int Parts => _shards.Length;

    /// <inheritdoc/>
    public override long Count { get; }

    /// <inheritdoc/>
    public override bool IsCountExact => _shards.Length == 1;

    /// <inheritdoc/>
    public override string Fingerprint =>
        field ??= $"shards {string.Join(' ', _shards.Select((shard, i) => $"{Path.GetFileName(shard)}:{_lengths[i]}"))}";

    /// <inheritdoc/>
    public override int PartsFor(int samples) => 1;

    /// <inheritdoc/>
    public override IEnumerable<SampleEntry> ReadPart(int part)
    {
        string shard = _shards[part];
        var keys = new HashSet<ulong>();
        Entry? entry = null;
        foreach (TarMember member in TarIndex.Read(shard))
        {
            if (member.Name.Length == 0)
            {
                if (entry is not null) yield return entry;
                yield return new Entry(shard, "") { Problem = member.Problem };
                yield break;
            }

            // As in WebDataset, names without an ending are skipped, and so are files that operating systems leave behind.
            if (FileNames.HasLeftBehind(member.Name) || !TrySplit(member.Name, out string key, out string ending)) continue;
            if (entry is null || !FileNames.BySense.Equals(entry.Key, key))
            {
                if (entry is not null) yield return entry;
                entry = new Entry(shard, key);
                if (!keys.Add(Hash(FileNames.Composed(key))))
                    entry.Problem =
                        "its key also occurs earlier in the shard; the members of a sample must be adjacent: sort the shard by name";
            }

            entry.Add(member, ending);
        }

        if (entry is not null) yield return entry;
    }

    /// <summary>Divides a path at the first dot of its base name; false if there is no dot, or nothing before it.</summary>
    internal static bool TrySplit(string path, out string key, out string ending)
    {
        int name = path.LastIndexOf('/') + 1, dot = path.IndexOf('.', name);
        (key, ending) = dot > name ? (path[..dot], path[(dot + 1)..].ToLowerInvariant()) : ("", "");
        return dot > name;
    }

    // FNV-1a: 64 bits tell ten million keys of a shard apart.
    private static ulong Hash(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in text) hash = (hash ^ c) * 1099511628211;
        return hash;
    }

    private sealed class Entry(string shard, string key) : SampleEntry
    {
        private (string Ending, long Offset, int Length)[] _members = [];

        public override string Key => key;

        public override string Id => $"{Path.GetFileName(shard)}:{key}";

        public string? Problem { get; set; }

        public void Add(TarMember member, string ending)
        {
            Problem ??= member.Problem;
            if (_members.Any(m => m.Ending == ending))
            {
                Problem ??= $"it has two members .{ending}";
            }
            else if (ending is "txt" or "json" || ImageEndings.Contains(ending))
            {
                int most = ending is "txt" or "json" ? MaxTextBytes : MaxImageBytes;
                if (member.Length > most) Problem ??= $"its .{ending} has {member.Length} bytes; the limit is {most}";
                else _members = [.. _members, (ending, member.Offset, (int)member.Length)];
            }
        }

        public override void Check(SampleParts parts)
        {
            if (Problem is not null) throw Bad(Problem);
            if (parts.HasFlag(SampleParts.Image)) Find(ImageEndings);
            if (parts.HasFlag(SampleParts.Captions)) Find(["txt", "json"]);
        }

        public override Sample Load(SampleParts parts)
        {
            Check(parts);
            using SafeFileHandle file = TarIndex.Open(shard);
            return new Sample(key)
            {
                Shard = Path.GetFileName(shard),
                Image = parts.HasFlag(SampleParts.Image) ? Read(file, Find(ImageEndings)) : default,
                Captions = parts.HasFlag(SampleParts.Captions) ? Captions(file) : [],
            };
        }

        private string[] Captions(SafeFileHandle file)
        {
            var member = Find(["txt", "json"]);
            byte[] bytes = Read(file, member);
            string[] captions = member.Ending == "txt" ? [FromText(bytes)] : FromJson(bytes);
            captions = [.. captions.Select(caption => caption.ReplaceLineEndings(" ").Trim()).Where(caption => caption.Length > 0)];
            return captions.Length > 0 ? captions : throw Bad($"its .{member.Ending} has no caption");
        }

        private string FromText(byte[] bytes) =>
            System.Text.Unicode.Utf8.IsValid(bytes)
                ? Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF')
                : throw Bad("its .txt is not UTF-8");

        private string[] FromJson(byte[] text)
        {
            try
            {
                using var document = LenientJson.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
                return document.RootElement.ValueKind == JsonValueKind.Object
                    ? CaptionList.Captions(document.RootElement)
                    : throw Bad("its .json is not an object");
            }
            catch (Exception failure) when (failure is JsonException or InvalidOperationException)
            {
                throw Bad("its .json is not valid JSON");
            }
        }

        private (string Ending, long Offset, int Length) Find(string[] endings)
        {
            foreach (string ending in endings)
            {
                int found = Array.FindIndex(_members, m => m.Ending == ending);
                if (found >= 0) return _members[found];
            }

            throw Bad($"it has no member .{string.Join(", .", endings)}");
        }

        private byte[] Read(SafeFileHandle file, (string Ending, long Offset, int Length) member)
        {
            byte[] bytes = new byte[member.Length];
            try
            {
                for (int done = 0; done < bytes.Length;)
                {
                    int count = RandomAccess.Read(file, bytes.AsSpan(done), member.Offset + done);
                    done += count > 0 ? count : throw Bad("the shard became shorter while it was read");
                }
            }
            catch (IOException failure)
            {
                throw Bad(failure.Message);
            }

            return bytes;
        }

        private InputException Bad(string why) =>
            new(key.Length > 0 ? $"cannot read sample '{key}' of '{shard}': {why}" : $"cannot read '{shard}': it {why}");
    }
}
