using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Adapters;
using CsAligner.Cli.Running;
using CsAligner.Data.FeatureSets;
using CsAligner.Retrieval;
using CsAligner.Search;
using CsAligner.Search.Items;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary>Makes items of an index of a feature set's rows and what its metadata say of them. Once more does no harm.</summary>
internal sealed class FeatureImport(Session session, string folder, Adapter? imageAdapter, Adapter? textAdapter)
{
    private const int BlockRows = 1_024;

    private const string Folder = "folder";

    // What an item has in places of its own.
    private static readonly string[] NoAttributes = ["image_path", "caption", "captions"];

    /// <summary>Adds all rows.</summary>
    public void Run(ISearchIndex index)
    {
        using var described = new SearchedRows(folder, null);
        using Side images = new(folder, RowKind.Image, imageAdapter), texts = new(folder, RowKind.Text, textAdapter);
        session.Terminal.WithProgress("indexing", images.Rows + (long)texts.Rows, progress =>
        {
            foreach ((MixedRow row, SearchedRow data) in described.All())
                (row.Kind == RowKind.Image ? images : texts).Add(index, row.Row, data, Added);

            // Rows that metadata do not know.
            foreach (Side side in (Side[])[images, texts])
            {
                for (int row = 0; row < side.Rows; row++)
                    if (!side.Has(row)) side.Add(index, row, null, Added);
                side.Flush(index, Added);
            }

            void Added(int count)
            {
                session.Cancellation.ThrowIfCancellationRequested();
                progress.Report(progress.Done + count);
            }
        }, "items");
    }

    private static SearchItem ItemOf(MixedRow row, ReadOnlyMemory<float> vector, SearchedRow? data)
    {
        bool isImage = row.Kind == RowKind.Image;
        return new SearchItem
        {
            Id = row.ToString(),
            Kind = row.Kind,
            Vector = vector,
            Name = isImage ? data?.Name ?? Path.GetFileNameWithoutExtension(data?.Path) : null,
            Text = isImage ? null : data?.Name,
            Path = isImage ? data?.Path : null,
            Attributes = data is null ? new Dictionary<string, AttributeValue>(StringComparer.Ordinal) : Attributes(data),
        };
    }

    // Texts and numbers of the metadata, and the picture's folder, which often is its class.
    private static Dictionary<string, AttributeValue> Attributes(SearchedRow data)
    {
        var attributes = new Dictionary<string, AttributeValue>(StringComparer.Ordinal);
        if (Path.GetDirectoryName(data.Path) is { Length: > 0 } place) attributes[Folder] = place;
        foreach (var (name, node) in data.Metadata)
        {
            if (node is not JsonValue value || name.Length == 0 || NoAttributes.Contains(name)) continue;
            switch (value.GetValueKind())
            {
                case JsonValueKind.String: attributes[name] = value.GetValue<string>(); break;
                case JsonValueKind.True or JsonValueKind.False: attributes[name] = value.ToString(); break;
                case JsonValueKind.Number when value.TryGetValue(out double number) && double.IsFinite(number):
                    attributes[name] = number;
                    break;
                default: break;
            }
        }

        return attributes;
    }

    /// <summary>The rows of one kind, on their way.</summary>
    private sealed class Side : IDisposable
    {
        private readonly RowKind _kind;
        private readonly Adapter? _adapter;
        private readonly FeatureRowsFile? _file;
        private readonly BitArray _seen;
        private readonly List<(int Row, SearchedRow? Data)> _waiting = new(BlockRows);

        public Side(string folder, RowKind kind, Adapter? adapter)
        {
            (_kind, _adapter) = (kind, adapter);
            Modality modality = kind == RowKind.Image ? Modality.Image : Modality.Text;
            bool has = FeatureSet.Open(folder).Shards(modality).Count > 0;
            _file = has ? FeatureRowsFile.Open(folder, modality) : null;
            _seen = new BitArray(Rows);
        }

        public int Rows => _file?.Rows ?? 0;

        public bool Has(int row) => _seen[row];

        public void Add(ISearchIndex index, int row, SearchedRow? data, Action<int> added)
        {
            _seen[row] = true;
            _waiting.Add((row, data));
            if (_waiting.Count == BlockRows) Flush(index, added);
        }

        public void Flush(ISearchIndex index, Action<int> added)
        {
            if (_waiting.Count == 0) return;
            var block = new Tensor(_waiting.Count, _file!.Width);
            for (int i = 0; i < block.Rows; i++) _file.Read(_waiting[i].Row, block.Span.Slice(i * block.Width, block.Width));
            Tensor rows = _adapter?.Apply(block) ?? block;
            SearchItem[] items =
            [
                .. _waiting.Select((waiting, i) => ItemOf(
                    new MixedRow(_kind, waiting.Row), rows.Span.Slice(i * rows.Width, rows.Width).ToArray(), waiting.Data)),
            ];
            Synchronously.Run(() => index.AddAsync(items));
            added(items.Length);
            _waiting.Clear();
        }

        public void Dispose() => _file?.Dispose();
    }
}
