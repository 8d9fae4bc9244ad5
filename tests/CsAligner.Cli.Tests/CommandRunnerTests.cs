using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Terminals;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using Spectre.Console;

namespace CsAligner.Cli.Tests;

public class CommandRunnerTests
{
    public static TheoryData<Exception, int, string> Failures => new()
    {
        { new InputException("cannot read 'a.npy': it is\nempty"), 1, "csalign: cannot read 'a.npy': it is empty" },
        { new UsageException("--train image needs images"), 2, "csalign: --train image needs images" },
        { new InsufficientMemoryException(), 1, "csalign: there is not enough memory; use fewer rows or a smaller --batch-size" },
        { new IOException("No space left on device : 'x'", 28), 1,
            "csalign: the disk is full; free some space or choose another folder (No space left on device : 'x')" },
        { new IOException("The pipe\nbroke"), 1, "csalign: The pipe broke" },
        { new UnauthorizedAccessException("Access to 'x' is denied."), 1, "csalign: Access to 'x' is denied." },
        { new AggregateException(new InputException("deep inside")), 1, "csalign: deep inside" },
        { new TypeInitializationException("T", new InputException("a library was not found")), 1, "csalign: a library was not found" },
        { new InvalidOperationException("oops"), 1,
            "csalign: a mistake in csalign itself: InvalidOperationException: oops (CSALIGN_DEBUG=1 shows where; please report it)" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Every_failure_is_one_line_and_its_exit_code(Exception failure, int code, string line)
    {
        (int actual, string error) = await RunAsync(_ => throw failure);
        Assert.Equal((code, line + Environment.NewLine), (actual, error));
    }

    [Fact]
    public async Task A_stack_trace_is_shown_on_request_only()
    {
        (_, string error) = await RunAsync(_ => throw new InvalidOperationException("oops"), debug: "1");
        Assert.Contains("   at ", error);
        (_, error) = await RunAsync(_ => throw new InvalidOperationException("oops"), debug: "0");
        Assert.DoesNotContain("   at ", error);
    }

    [Fact]
    public async Task A_verb_that_is_stopped_exits_130()
    {
        using var stop = new CancellationTokenSource();
        bool cleanedUp = false;
        (int code, string error) = await RunAsync(
            session =>
            {
                stop.Cancel();
                session.Cancellation.WaitHandle.WaitOne();
                Thread.Sleep(50);
                cleanedUp = true;
                session.Cancellation.ThrowIfCancellationRequested();
            },
            stop: stop);
        Assert.Equal((130, "csalign: stopped" + Environment.NewLine), (code, error));
        Assert.True(cleanedUp);
    }

    [Fact]
    public async Task A_verb_that_was_done_before_it_noticed_is_done()
    {
        using var stop = new CancellationTokenSource();
        (int code, string error) = await RunAsync(_ => stop.Cancel(), stop: stop);
        Assert.Equal((0, ""), (code, error));
    }

    [Fact]
    public async Task A_cancellation_that_nobody_asked_for_is_a_failure()
    {
        (int code, _) = await RunAsync(_ => throw new OperationCanceledException("a timeout inside"));
        Assert.Equal(1, code);
    }

    private static async Task<(int Code, string Error)> RunAsync(Action<Session> body, string? debug = null,
        CancellationTokenSource? stop = null)
    {
        using var error = new StringWriter();
        IAnsiConsole console =
            AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error), Interactive = InteractionSupport.No });
        var terminal = new Terminal
        {
            Output = TextWriter.Null,
            Error = error,
            Tables = console,
            Words = console,
            Environment = name => name == "CSALIGN_DEBUG" ? debug : null,
        };
        var command = new RootCommand();
        new CommandRunner(terminal).SetAction(command, (_, session) => body(session));
        int code = await command.Parse([])
            .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, stop?.Token ?? CancellationToken.None);
        return (code, error.ToString());
    }
}
