using System.Runtime.InteropServices;

namespace CsAligner.Tokenizers.Pieces;

/// <summary>
/// The pieces of a unigram vocabulary as a tree of their symbols, characters or UTF-16 units: finds what begins at a place of a text.
/// </summary>
internal sealed class PieceTree
{
    /// <summary>What <see cref="PieceAt"/> gives where no piece ends.</summary>
    public const int None = -1;

    private const int BitsOfSymbol = 21;

    // (node, symbol) to node, and the piece that ends at a node.
    private readonly Dictionary<ulong, int> _children = [];
    private readonly List<int> _pieces = [None];

    /// <summary>Adds a piece; of one that comes twice the later id counts. An empty one is left out.</summary>
    public void Add(IEnumerable<int> symbols, int id)
    {
        int node = 0;
        foreach (int symbol in symbols)
        {
            ref int next = ref CollectionsMarshal.GetValueRefOrAddDefault(_children, Key(node, symbol), out bool known);
            if (!known)
            {
                next = _pieces.Count;
                _pieces.Add(None);
            }

            node = next;
        }

        if (node > 0)
            _pieces[node] = id;
    }

    /// <summary>Goes on from a node (0 at first) by a symbol; false where no piece does.</summary>
    public bool TryFollow(ref int node, int symbol) => _children.TryGetValue(Key(node, symbol), out node);

    /// <summary>The piece that ends at a node.</summary>
    public int PieceAt(int node) => _pieces[node];

    private static ulong Key(int node, int symbol) => ((ulong)(uint)node << BitsOfSymbol) | (uint)symbol;
}
