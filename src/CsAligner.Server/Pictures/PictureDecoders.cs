using CsAligner.Server.Configuration;
using CsAligner.Server.Metering;
using CsAligner.Server.Requests;
using System.Collections.Concurrent;
using CsAligner.Tensors;

namespace CsAligner.Server.Pictures;

/// <summary>A few processes that decode pictures; one that ends is replaced when the next picture comes.</summary>
internal sealed class PictureDecoders : IDisposable
{
    // Behind each process so many pictures wait; more are refused.
    private const int WaitingForEach = 32;

    private readonly SearchServerOptions _options;
    private readonly ServerMeters _meters;
    private readonly string[] _command;
    private readonly ConcurrentBag<PictureProcess> _idle = [];
    private readonly SemaphoreSlim _free;
    private int _waiting;
    private volatile bool _disposed;

    public PictureDecoders(SearchServerOptions options, ServerMeters meters)
    {
        (_options, _meters, _command) = (options, meters, [.. options.PictureCommand ?? OwnCommand()]);
        _free = new SemaphoreSlim(options.PictureWorkers);
    }

    /// <summary>Starts one, so that the first picture does not wait, and a wrong command shows.</summary>
    /// <exception cref="InputException">It does not start.</exception>
    public async Task WarmUpAsync(CancellationToken cancellation) => _idle.Add(await PictureProcess.StartAsync(_command, cancellation));

    /// <summary>Has a picture decoded in another process.</summary>
    /// <exception cref="InputException">It cannot be decoded.</exception>
    /// <exception cref="BusyException">Too many wait already.</exception>
    public async Task<byte[]> RunAsync(PictureJob job, ReadOnlyMemory<byte> file, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > WaitingForEach * _options.PictureWorkers)
        {
            Interlocked.Decrement(ref _waiting);
            throw new BusyException("too many pictures wait to be decoded; try again in a few seconds");
        }

        try
        {
            await _free.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            PictureProcess process = await TakeAsync(cancellation);
            try
            {
                byte[] made = await process.RunAsync(job, file, _options.PictureTime, _options.PictureMemory, cancellation);
                _meters.Decoded("done");
                return made;
            }
            catch (PictureProcessException)
            {
                _meters.Decoded("killed");
                throw;
            }
            catch (InputException)
            {
                _meters.Decoded("refused");
                throw;
            }
            finally
            {
                if (process.IsAlive && !_disposed) _idle.Add(process);
                else process.Dispose();
            }
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out PictureProcess? process)) process.Dispose();
    }

    private async Task<PictureProcess> TakeAsync(CancellationToken cancellation)
    {
        while (_idle.TryTake(out PictureProcess? process))
        {
            if (process.IsAlive) return process;
            process.Dispose();
        }

        try
        {
            return await PictureProcess.StartAsync(_command, cancellation);
        }
        catch (InputException)
        {
            // One started when the service did: the picture is not to blame.
            throw new BusyException("no process that decodes pictures starts; try again in a few seconds");
        }
    }

    // This program again: by its own executable, or by the host that runs its assembly.
    private static IEnumerable<string> OwnCommand()
    {
        string program = Environment.ProcessPath ?? throw new InputException("this program does not know its own path; set PictureCommand");
        yield return program;
        if (Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
            yield return Environment.GetCommandLineArgs()[0];
        yield return PictureWorker.Argument;
    }
}
