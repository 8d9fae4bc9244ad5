using System.Runtime.CompilerServices;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>
/// Centred rows as the right operand of a gradient's product, W (x - centre): blocks of rows, each cut into panels of as many
/// dimensions as a register tile is wide, filled up with zeros. Holds all blocks, or the last few.
/// </summary>
internal sealed unsafe class RowPanels
{
    private readonly float* _memory;
    private readonly nint _blockSize;
    private readonly int _slots, _blockRows, _tile;

    public RowPanels(int slots, int blockRows, int width, GemmKernel kernel, Scratch scratch)
    {
        (_slots, _blockRows, _tile) = (slots, blockRows, kernel.Columns);
        Panels = (width + _tile - 1) / _tile;
        _blockSize = (nint)Panels * blockRows * _tile;
        _memory = scratch.Floats(slots * (long)_blockSize);
    }

    /// <summary>Panels in a block.</summary>
    public int Panels { get; }

    /// <summary>How many blocks there is room for.</summary>
    public int Slots => _slots;

    /// <summary>Whether all blocks have been packed.</summary>
    public bool IsComplete { get; set; }

    public float* At(int block, int panel) => _memory + (block % _slots * _blockSize) + ((nint)panel * _blockRows * _tile);

    /// <summary>Packs rows that have been centred, from a row of the block on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack(int block, int row, int rows, int width, float* centred, nint stride)
    {
        int whole = width / _tile;
        float* target = At(block, 0) + ((nint)row * _tile);
        GemmPacking.CopyRows(rows, whole, _tile, _tile, centred, stride, target, (nint)_blockRows * _tile);
        if (whole < Panels)
            GemmPacking.CopyRows(rows, 1, width - (whole * _tile), _tile, centred + (whole * _tile), stride,
                target + ((nint)whole * _blockRows * _tile), 0);
    }
}
