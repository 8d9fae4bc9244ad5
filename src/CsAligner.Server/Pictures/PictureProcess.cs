using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using CsAligner.Tensors;

namespace CsAligner.Server.Pictures;

/// <summary>One running <see cref="PictureWorker"/>, seen from the server.</summary>
internal sealed class PictureProcess : IDisposable
{
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30), Look = TimeSpan.FromMilliseconds(50);

    private static readonly string[] Secrets = ["KEY", "PASSWORD", "SECRET", "TOKEN", "HEADERS", "CREDENTIAL"];

    private readonly Process _process;
    private readonly Stream _input, _output;
    private volatile bool _killed;

    private PictureProcess(Process process) =>
        (_process, _input, _output) = (process, process.StandardInput.BaseStream, process.StandardOutput.BaseStream);

    /// <summary>Whether it can take a job.</summary>
    public bool IsAlive => !_killed && !_process.HasExited;

    /// <summary>Starts one.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="cancellation">Stops waiting for it.</param>
    /// <exception cref="InputException">It does not start, or is another program.</exception>
    public static async Task<PictureProcess> StartAsync(IReadOnlyList<string> command, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };

        // It needs little memory beside the picture, and nothing of what the service knows.
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_GCgen0size"] = "4000000";
        foreach (string name in start.Environment.Keys.Where(IsSecret).ToArray()) start.Environment.Remove(name);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            throw new InputException($"cannot start '{command[0]}' to decode pictures: {failure.Message}", failure);
        }

        var started = new PictureProcess(process);
        try
        {
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            var greeting = new byte[PictureWorker.Greeting.Length];
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(StartTime);
            int read = await started._output.ReadAtLeastAsync(greeting, greeting.Length, throwOnEndOfStream: false, limit.Token);
            if (read == greeting.Length && greeting.AsSpan().SequenceEqual(PictureWorker.Greeting)) return started;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Too slow: as if it had said nothing.
        }
        catch
        {
            started.Dispose();
            throw;
        }

        started.Dispose();
        throw new InputException($"'{string.Join(' ', command)}' does not decode pictures; a program that runs a SearchServer begins with "
            + "PictureWorker.TryRun, or names another program in PictureCommand");
    }

    /// <summary>Has a picture decoded.</summary>
    /// <param name="job">What to make of it.</param>
    /// <param name="file">The file.</param>
    /// <param name="time">How long it may take.</param>
    /// <param name="memory">How much memory the process may take.</param>
    /// <param name="cancellation">Stops it; the process is of no use then.</param>
    /// <exception cref="InputException">The picture cannot be decoded.</exception>
    /// <exception cref="PictureProcessException">The process did not survive it.</exception>
    public async Task<byte[]> RunAsync(PictureJob job, ReadOnlyMemory<byte> file, TimeSpan time, long memory,
        CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(time);
        bool tooLarge = false;
        using var watch = new Timer(_ =>
        {
            if (!IsTooLarge(memory)) return;
            tooLarge = true;
            Kill();
        }, null, Look, Look);
        try
        {
            await _input.WriteAsync(job.Header(file.Length), limit.Token);
            await _input.WriteAsync(file, limit.Token);
            await _input.FlushAsync(limit.Token);
            var head = new byte[8];
            await _output.ReadExactlyAsync(head, limit.Token);
            int length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4));
            if (length is < 0 or > PictureJob.MostBytes) throw new EndOfStreamException();
            var answer = new byte[length];
            await _output.ReadExactlyAsync(answer, limit.Token);
            return BinaryPrimitives.ReadInt32LittleEndian(head) == 1
                ? answer
                : throw new InputException(System.Text.Encoding.UTF8.GetString(answer));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Kill();
            throw new PictureProcessException(
                $"cannot decode the picture: it takes more than {time.TotalSeconds:0.#} seconds; make it smaller");
        }
        catch (OperationCanceledException)
        {
            Kill();
            throw;
        }
        catch (IOException)
        {
            Kill();
            throw new PictureProcessException(tooLarge
                ? $"cannot decode the picture: it takes more than {memory >> 20} MiB; make it smaller"
                : "cannot decode the picture: the process that decodes it ended; the file is damaged or hostile");
        }
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    // Ours, those of databases, and those of a collector, whose headers hold its key.
    private static bool IsSecret(string name) =>
        Array.Exists(Secrets, part => name.Contains(part, StringComparison.OrdinalIgnoreCase));

    private bool IsTooLarge(long memory)
    {
        try
        {
            _process.Refresh();
            return !_process.HasExited && _process.WorkingSet64 > memory;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private void Kill()
    {
        // The system takes its time to say that it has ended: until then it must not look as if it could take another job.
        _killed = true;
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
        catch (Win32Exception)
        {
            // It is ending.
        }
    }
}
