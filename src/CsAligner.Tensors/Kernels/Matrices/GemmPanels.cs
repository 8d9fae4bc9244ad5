using System.Diagnostics;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>
/// One operand of a part of a product, cut into panels: a few rows of A, or columns of B, over the depth of the part.
/// A panel is read where it lies or from a packed copy, where its elements at one depth lie side by side.
/// </summary>
internal sealed unsafe class GemmPanels
{
    // Enough rows or panels in a task to be worth handing out, few enough to share out evenly.
    private const int DepthPerTask = 32, PanelsPerTask = 4;

    private readonly AlignedBuffer _buffer = new();

    private float* _source, _packed;
    private nint _depthStride, _widthStride, _packedSize;
    private int _depth, _extent, _width, _padding, _firstPacked;
    private bool _fastTranspose;

    /// <summary>How many panels there are; the last may be narrower.</summary>
    public int Count { get; private set; }

    /// <summary>How many independent calls of <see cref="Pack"/> make the packed copies.</summary>
    public int PackTasks { get; private set; }

    /// <summary>
    /// Describes the operand: <paramref name="extent"/> rows or columns, <paramref name="widthStride"/> apart, in panels
    /// of <paramref name="width"/>. A last panel that is no multiple of <paramref name="padding"/> is packed in any case,
    /// filled up with zeros, so that no tile reads beyond the operand; the others when <paramref name="pack"/> says so.
    /// </summary>
    public void Plan(
        float* source, int depth, nint depthStride, int extent, nint widthStride, int width, int padding, bool pack, bool fastTranspose)
    {
        _source = source;
        (_depth, _depthStride, _extent, _widthStride) = (depth, depthStride, extent, widthStride);
        (_width, _padding, _fastTranspose) = (width, padding, fastTranspose);
        Count = CeilingDivide(extent, width);
        _firstPacked = pack ? 0 : extent % padding == 0 ? Count : Count - 1;
        int packed = Count - _firstPacked;
        // One cache line more than needed: panels a multiple of 4096 bytes apart would share few sets of the caches.
        _packedSize = (nint)width * depth + 16;
        _packed = packed == 0 ? null : _buffer.Rent(packed * _packedSize);
        PackTasks = packed == 0 ? 0 : widthStride == 1 ? CeilingDivide(depth, DepthPerTask) : CeilingDivide(packed, PanelsPerTask);
    }

    /// <summary>Where a panel is to be read, and its strides along the width and the depth.</summary>
    public float* Locate(int panel, out nint widthStride, out nint depthStride)
    {
        if (panel < _firstPacked)
        {
            (widthStride, depthStride) = (_widthStride, _depthStride);
            return _source + panel * _width * _widthStride;
        }
        widthStride = 1;
        depthStride = PaddedWidth(panel);
        return _packed + (panel - _firstPacked) * _packedSize;
    }

    /// <summary>
    /// Makes a share of the packed copies. Rows across all panels are copied row by row: memory likes long runs, and to
    /// come back to the same cache lines panel by panel costs a miss each when rows lie far apart.
    /// </summary>
    public void Pack(int task)
    {
        if (_widthStride == 1)
        {
            int start = task * DepthPerTask, end = Math.Min(_depth, start + DepthPerTask);
            int first = _firstPacked, full = _extent / _width;
            if (first < full)
            {
                GemmPacking.CopyRows(
                    end - start, full - first, _width, _width, _source + first * _width + start * _depthStride, _depthStride,
                    _packed + start * _width, _packedSize);
            }
            if (full == Count) return;
            int padded = PaddedWidth(full);
            GemmPacking.CopyRows(
                end - start, 1, _extent % _width, padded, _source + full * _width + start * _depthStride, _depthStride,
                _packed + (full - first) * _packedSize + start * padded, _packedSize);
        }
        else
        {
            int start = _firstPacked + task * PanelsPerTask, end = Math.Min(Count, start + PanelsPerTask);
            for (int panel = start; panel < end; panel++)
            {
                int width = Math.Min(_width, _extent - panel * _width);
                GemmPacking.PackTransposed(
                    _depth, width, PaddedWidth(panel), _source + panel * _width * _widthStride, _depthStride, _widthStride,
                    _packed + (panel - _firstPacked) * _packedSize, _fastTranspose);
            }
        }
    }

    private int PaddedWidth(int panel) =>
        CeilingDivide(Math.Min(_width, _extent - panel * _width), _padding) * _padding;

    private static int CeilingDivide(int x, int y)
    {
        Debug.Assert(y > 0);
        return (x + y - 1) / y;
    }
}
