using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CsAligner.Adapters;
using CsAligner.Cli.Running;
using CsAligner.Data.FeatureSets;
using CsAligner.Retrieval;
using CsAligner.Search;
using CsAligner.Search.Stores;
using CsAligner.Server.Encoding;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary>
/// What <c>serve</c> is given: an index, or a feature set that becomes one. Rows of a set become the items <c>image:N</c> and
/// <c>text:N</c>, through the adapters; a set that shows a modality gap and has none is aligned in closed form, without pairs.
/// </summary>
internal sealed class ServedSource
{
    /// <summary>The folder of a feature set with its index.</summary>
    public const string IndexFolder = "index";

    private const string UploadsFolder = "uploads", ImportedFile = "imported.json", ClosedFormFolder = "closed-form";

    // Beyond so many rows the moments that the closed form needs no longer change.
    private const int MostFittedRows = 100_000;

    private readonly Session _session;
    private readonly string _path, _address;
    private readonly EmbedModel _model;
    private readonly string? _run;
    private readonly FeatureSet? _set;
    private readonly bool _unaligned;
    private ServedSpace? _space;

    public ServedSource(Session session, string path, string? store, EmbedModel model, string? run, bool unaligned)
    {
        (_session, _path, _model, _run, _unaligned) = (session, path, model, run, unaligned);
        _set = Directory.Exists(path) && FeatureSet.IsAt(path) ? FeatureSet.Open(path) : null;
        if (_set is null && store is not null)
            throw new UsageException($"'{path}' is an index: leave out --store ({ServeVerb.StoreVariable}), or give a feature set");
        if (_set is null && unaligned) throw new UsageException(
            $"'{path}' is an index, whose rows are what they are: leave out --unaligned");
        if (run is not null && unaligned) throw new UsageException("--adapter aligns and --unaligned does not: give one of the two");
        _address = _set is null ? path : store ?? Path.Combine(path, IndexFolder);
    }

    /// <summary>The space, once the index is open. It is the caller's.</summary>
    public ServedSpace Space => _space!;

    /// <summary>Where pictures that are added may be kept; null where the index is no folder.</summary>
    public string? UploadFolder => IsFolder ? Path.Combine(_address, UploadsFolder) : null;

    /// <summary>Whether it is a feature set.</summary>
    public bool IsFeatureSet => _set is not null;

    private bool IsFolder => !_address.Contains("://", StringComparison.Ordinal);

    /// <summary>The row of a feature set that an item was; null for other items.</summary>
    public static MixedRow? RowOf(string id)
    {
        RowKind? kind = id.StartsWith("image:", StringComparison.Ordinal) ? RowKind.Image
            : id.StartsWith("text:", StringComparison.Ordinal) ? RowKind.Text : null;
        return kind is { } known && int.TryParse(id.AsSpan(id.IndexOf(':', StringComparison.Ordinal) + 1), NumberStyles.None,
            CultureInfo.InvariantCulture, out int row) ? new MixedRow(known, row) : null;
    }

    /// <summary>Opens the index; a feature set becomes one if it is not yet.</summary>
    public async Task<ISearchIndex> OpenAsync()
    {
        _space = _set is null ? SpaceOf(_run, null, null) : OpenSpace();
        try
        {
            if (_set is null) return await IndexStores.BuiltIn.OpenAsync(_address, null, _session.Cancellation);
            ISearchIndex index = await IndexStores.BuiltIn.OpenAsync(_address, _space.Encoder.Width, _session.Cancellation);
            try
            {
                Import(index);
                return index;
            }
            catch
            {
                await index.DisposeAsync();
                throw;
            }
        }
        catch
        {
            _space.Dispose();
            throw;
        }
    }

    // Rows that apply mapped already are the space's; others go through the adapters.
    private ServedSpace OpenSpace()
    {
        bool isMapped = _set!.Info?.Encoder.EndsWith(FeatureSetMapping.AlignedEncoder, StringComparison.Ordinal) == true;
        FeatureRowsFile? images = Open(Modality.Image), texts = null;
        try
        {
            texts = Open(Modality.Text);
            if (isMapped)
            {
                images?.Dispose();
                texts?.Dispose();
                return SpaceOf(_run, null, null);
            }

            string? run = _run;
            if (run is null && !_unaligned && images is not null && texts is not null) run = AlignIfApart(images, texts);
            return SpaceOf(run, images, texts);
        }
        catch
        {
            images?.Dispose();
            texts?.Dispose();
            throw;
        }

        FeatureRowsFile? Open(Modality modality) =>
            _set.Shards(modality).Count > 0 ? FeatureRowsFile.Open(_set.Folder, modality) : null;
    }

    private ServedSpace SpaceOf(string? run, FeatureRowsFile? images, FeatureRowsFile? texts)
    {
        Adapter? image = null, text = null;
        if (run is not null)
        {
            image = _model.Images is null
                ? null
                : AdaptedModel.Load("serve", run, AlignmentReport.ImageAdapterFile, "pictures", _model.Images.Width);
            text = _model.Texts is null
                ? null
                : AdaptedModel.Load("serve", run, AlignmentReport.TextAdapterFile, "words", _model.Texts.Width);
        }

        return new ServedSpace(new SpaceEncoder(_model.Name, _model.Images, _model.Texts, image, text), image, text, images, texts);
    }

    private string? AlignIfApart(FeatureRowsFile images, FeatureRowsFile texts)
    {
        string made = Path.Combine(_path, $"{ClosedFormFolder}-{HashOfSet()[..8]}");
        if (File.Exists(Path.Combine(made, AlignmentReport.TextAdapterFile))) return made;
        if (images.Width == texts.Width && !(new MixedIndex(images, texts).Gap() > SearchVerb.VisibleGap)) return null;
        _session.Terminal.Say("note: pictures and texts lie apart in these features, so they are aligned in closed form, without pairs; "
            + "csalign align makes a better adapter for --adapter, and --unaligned leaves them apart");
        AlignmentResult result = new AlignmentTrainer(new AlignmentOptions { Objective = AlignmentObjective.Barycentre },
            AlignmentData.WithoutPairs(Sample(images), Sample(texts))).Run(cancellation: _session.Cancellation);
        AtomicFile.CreateFolder(made);
        result.Image.Save(Path.Combine(made, AlignmentReport.ImageAdapterFile));
        result.Text.Save(Path.Combine(made, AlignmentReport.TextAdapterFile));
        return made;
    }

    // At even distances, so that every part of the set has its share.
    private static Tensor Sample(FeatureRowsFile rows)
    {
        int count = Math.Min(rows.Rows, MostFittedRows);
        var sample = new Tensor(count, rows.Width);
        if (count == rows.Rows) rows.Read(0, sample.Span);
        else
            for (int i = 0; i < count; i++) rows.Read((int)((long)i * rows.Rows / count), sample.Span.Slice(i * rows.Width, rows.Width));
        return sample;
    }

    private void Import(ISearchIndex index)
    {
        // What the index holds of the set: beside the set, where the store has no place of its own.
        string marker = IsFolder ? Path.Combine(_address, ImportedFile) : Path.Combine(_path, $"imported-{HashOf(_address)[..8]}.json");
        string hash = HashOf(string.Concat(new[] { Space.ImageAdapter, Space.TextAdapter }.Select(Hash).Prepend(HashOfSet())));
        if (File.Exists(marker))
        {
            if (File.ReadAllText(marker).Contains(hash, StringComparison.Ordinal)) return;
            string which = IsFolder ? $"'{_address}'" : $"the index and '{marker}'";
            throw new InputException($"the index was made of '{_path}' with other features or another adapter; give another --store, or "
                + $"delete {which} to make it anew: what was added over HTTP goes too");
        }

        new FeatureImport(_session, _path, Space.ImageAdapter, Space.TextAdapter).Run(index);
        AtomicFile.WriteAllBytes(marker, Encoding.UTF8.GetBytes($"{{\"made_of\": \"{hash}\"}}\n"));
    }

    private string HashOfSet() => HashOf(string.Join('\n',
        _set!.Shards(Modality.Image).Concat(_set.Shards(Modality.Text)).Select(path => new FileInfo(path))
            .Select(file => $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}")));

    private static string Hash(Adapter? adapter)
    {
        if (adapter is null) return "none";
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, values) in adapter.Tensors)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.Span));
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
