using CsAligner.Onnx.Interop;
using CsAligner.Tokenizers;

namespace CsAligner.Onnx;

/// <summary>The inputs that a graph of texts takes, in the integers that it wants, in memory that does not move while this lives.</summary>
internal sealed unsafe class OnnxTokens
{
    // Of a text that nobody reads.
    private const int PlaceholderTokens = 8;

    private readonly List<Array> _memory = [];
    private readonly List<OnnxInput> _inputs = [];

    private OnnxTokens(OnnxGraph graph, int batch, int length, Func<int, int, long> id, Func<int, int, bool> isText)
    {
        Add(graph.Ids!, batch, length, id);
        if (graph.Mask is { } mask) Add(mask, batch, length, (row, t) => isText(row, t) ? 1 : 0);
        if (graph.Types is { } types) Add(types, batch, length, (_, _) => 0);
        if (graph.Positions is { } positions)
        {
            // Counted from the text's first token, wherever padding stands.
            int current = -1, position = 0;
            Add(positions, batch, length, (row, t) =>
            {
                if (row != current) (current, position) = (row, 0);
                return isText(row, t) ? position++ : Math.Max(0, position - 1);
            });
        }
    }

    /// <summary>What a run takes.</summary>
    public IReadOnlyList<OnnxInput> Inputs => _inputs;

    /// <summary>Texts, filled up to the batch that the graph fixes, where it does.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="tokens">The texts.</param>
    /// <param name="attendsAll">Whether padding counts as text, as for models that were trained so.</param>
    public static OnnxTokens Of(OnnxGraph graph, TokenBatch tokens, bool attendsAll)
    {
        int length = tokens.ContextLength;
        int[] lengths = tokens.Lengths;
        return new(
            graph,
            OnnxGraph.BatchOf(graph.Ids) ?? tokens.Count,
            length,
            (row, t) => tokens.Ids[(Source(row) * length) + t],
            (row, t) => attendsAll || (tokens.PaddedLeft ? t >= length - lengths[Source(row)] : t < lengths[Source(row)]));

        // Rows that fill a batch up repeat the first text.
        int Source(int row) => row < tokens.Count ? row : 0;
    }

    /// <summary>A text for a graph that wants one beside an image.</summary>
    public static OnnxTokens Placeholder(OnnxGraph graph) =>
        new(graph, OnnxGraph.BatchOf(graph.Ids) ?? 1, graph.ContextLength ?? PlaceholderTokens, (_, _) => 0, (_, _) => true);

    private void Add(OnnxValueInfo input, int batch, int length, Func<int, int, long> value)
    {
        int count = checked(batch * length);
        void* data;
        if (input.Type == OnnxElementType.Int64)
        {
            var values = GC.AllocateUninitializedArray<long>(count, pinned: true);
            for (int i = 0; i < count; i++) values[i] = value(i / length, i % length);
            _memory.Add(values);
            fixed (long* start = values) data = start;
        }
        else
        {
            var values = GC.AllocateUninitializedArray<int>(count, pinned: true);
            for (int i = 0; i < count; i++) values[i] = (int)value(i / length, i % length);
            _memory.Add(values);
            fixed (int* start = values) data = start;
        }

        _inputs.Add(new OnnxInput(input.Name, input.Type, [batch, length], data));
    }
}
