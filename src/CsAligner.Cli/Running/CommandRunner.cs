using System.CommandLine;
using CsAligner.Cli.Terminals;
using CsAligner.Cli.Usage;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Cli.Running;

/// <summary>
/// Runs the body of a verb. Whatever fails becomes one line on stderr and an exit code; a stack trace is shown only
/// with CSALIGN_DEBUG=1.
/// </summary>
internal sealed class CommandRunner(Terminal terminal, RankProcess? ranks = null)
{
    /// <summary>How long a verb may take to reach a safe point after Ctrl-C before the process ends without it.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    public Terminal Terminal => terminal;

    /// <summary>
    /// Makes <paramref name="body"/> the action of a command. It runs off the main thread and gets a session; its
    /// own failures should be <see cref="InputException"/> or <see cref="UsageException"/>.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="body">Its work.</param>
    /// <param name="check">Refuses options that do not go together; comes before what they name is looked for.</param>
    /// <param name="shared">Whether several processes, started by mpirun, can do it together.</param>
    public void SetAction(Command command, Action<ParseResult, Session> body, Action<ParseResult>? check = null, bool shared = false) =>
        command.SetAction(async (parsed, cancellation) =>
    {
        var session = new Session(terminal, cancellation);
        Task work = Task.Run(
            () =>
            {
                cancellation.ThrowIfCancellationRequested();
                check?.Invoke(parsed);
                PathCheck.Check(parsed);
                if (ranks is { Size: > 1 } && !shared)
                    throw new UsageException($"{command.Name} runs in one process: start it without mpirun");
                body(parsed, shared && ranks is not null ? session with { Ranks = ranks.Join() } : session);
                ranks?.Leave();
            },
            CancellationToken.None);
        try
        {
            await work.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (!work.IsCompleted)
        {
            await Task.WhenAny(work, Task.Delay(Grace, CancellationToken.None));
        }
        catch (Exception)
        {
            // Distinguished below, together with the outcome of a stopped run.
        }

        return await ReportAsync(work, cancellation);
    });

    /// <summary>Says why nothing could be run, and returns the exit code.</summary>
    public int Report(Exception failure)
    {
        failure = Innermost(failure);
        terminal.Error.WriteLine($"csalign: {LineOf(failure)}");
        return CodeOf(failure);
    }

    /// <summary>A message on one line; control characters, which may come from names, become question marks.</summary>
    public static string OneLine(string message) =>
        string.Concat(message.ReplaceLineEndings(" ").Select(character => char.IsControl(character) ? '?' : character));

    private async Task<int> ReportAsync(Task work, CancellationToken cancellation)
    {
        if (work.IsCompletedSuccessfully)
            return ExitCode.Done;
        Exception failure = Innermost(work.Exception);
        if (!work.IsCompleted || failure is StoppedException
            || (failure is OperationCanceledException && cancellation.IsCancellationRequested))
        {
            string line = failure is StoppedException ? failure.Message : "stopped";
            if (ranks is not null) return await ranks.StopAsync(line);
            await terminal.Error.WriteLineAsync($"csalign: {line}");
            return ExitCode.Stopped;
        }

        return ranks is null ? Report(failure) : await ranks.FailAsync(LineOf(failure), CodeOf(failure));
    }

    private string LineOf(Exception failure) =>
        terminal.Environment("CSALIGN_DEBUG") == "1" ? failure.ToString() : OneLine(Describe(failure));

    private static int CodeOf(Exception failure) => failure is UsageException ? ExitCode.WrongUsage : ExitCode.Failed;

    private static string Describe(Exception failure) => failure switch
    {
        InputException or UsageException or UnauthorizedAccessException => failure.Message,
        OutOfMemoryException => "there is not enough memory; use fewer rows or a smaller --batch-size",
        IOException when (failure.HResult & 0xFFFF) is 28 or 112 =>
            $"the disk is full; free some space or choose another folder ({failure.Message})",
        IOException => failure.Message,
        _ => $"a mistake in csalign itself: {failure.GetType().Name}: {failure.Message} (CSALIGN_DEBUG=1 shows where; please report it)",
    };

    private static Exception Innermost(Exception? failure) => failure switch
    {
        null => new OperationCanceledException(),
        AggregateException { InnerExceptions: [Exception inner, ..] } => Innermost(inner),
        System.Reflection.TargetInvocationException { InnerException: Exception inner } => Innermost(inner),
        TypeInitializationException { InnerException: Exception inner } => Innermost(inner),
        _ => failure,
    };
}
