using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>Many products of one shape. One object per thread is kept, so that calls allocate nothing.</summary>
internal sealed unsafe class GemmBatch
{
    // About 20 microseconds: below that, handing out tasks costs more than it gains.
    private const double WorkPerTask = 1 << 20;

    [ThreadStatic]
    private static GemmBatch? _ofThisThread;

    private readonly Action<int> _runTask;
    private GemmOperands _first;
    private nint _aBatch, _bBatch, _cBatch;
    private int _batch, _perTask;

    private GemmBatch() => _runTask = RunTask;

    public static GemmBatch OfThisThread => _ofThisThread ??= new GemmBatch();

    public void Run(int batch, in GemmOperands first, nint aBatch, nint bBatch, nint cBatch)
    {
        (_batch, _first, _aBatch, _bBatch, _cBatch) = (batch, first, aBatch, bBatch, cBatch);
        _perTask = (int)Math.Clamp(WorkPerTask / Math.Max(1, first.Work), 1, Math.Max(1, batch));
        // A few large products are better split inside, each over all threads.
        if (batch < 2 * Compute.Threads && _perTask == 1)
        {
            for (int i = 0; i < batch; i++) RunTask(i);
            return;
        }
        Workers.For((batch + _perTask - 1) / _perTask, _runTask);
    }

    private void RunTask(int task)
    {
        var job = GemmJob.OfThisThread;
        int end = Math.Min(_batch, (task + 1) * _perTask);
        for (int i = task * _perTask; i < end; i++)
        {
            var operands = _first;
            operands.A += i * _aBatch;
            operands.B += i * _bBatch;
            operands.C += i * _cBatch;
            job.Run(operands);
        }
    }
}
