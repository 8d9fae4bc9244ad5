namespace CsAligner.Cli.Running;

/// <summary>A verb was stopped by Ctrl-C and has something to say on how to continue. Exit code 130.</summary>
internal sealed class StoppedException(string message, OperationCanceledException inner)
    : OperationCanceledException(message, inner, inner.CancellationToken);
