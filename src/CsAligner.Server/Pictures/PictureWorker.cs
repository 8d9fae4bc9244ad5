using System.Buffers.Binary;
using CsAligner.Tensors;

namespace CsAligner.Server.Pictures;

/// <summary>
/// The process that decodes pictures for a <c>SearchServer</c>, so that a hostile picture can end only it. It reads jobs from its
/// standard input and writes what becomes of them to its standard output, until the input ends.
/// </summary>
public static class PictureWorker
{
    /// <summary>The argument that makes a program such a process.</summary>
    public const string Argument = "csalign-picture-worker";

    /// <summary>What the process says first, so that whoever started another program by mistake does not wait.</summary>
    internal static ReadOnlySpan<byte> Greeting => "csalign pictures 1\n"u8;

    /// <summary>Runs the process if the program's arguments ask for it. Call it first of all, and end the program where it returns
    /// true.</summary>
    /// <param name="arguments">The program's arguments.</param>
    public static bool TryRun(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (arguments is not [Argument]) return false;

        // Ctrl-C goes to every process of a terminal; this one ends when the server closes its input.
        Console.CancelKeyPress += (_, pressed) => pressed.Cancel = true;
        using Stream input = Console.OpenStandardInput(), output = Console.OpenStandardOutput();
        Run(input, output);
        return true;
    }

    internal static void Run(Stream input, Stream output)
    {
        output.Write(Greeting);
        output.Flush();
        var header = new byte[PictureJob.HeaderBytes];
        Span<byte> head = stackalloc byte[8];
        while (input.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length)
        {
            (PictureJob job, int length) = PictureJob.Read(header);
            var file = new byte[length];
            input.ReadExactly(file);
            bool done = false;
            byte[] answer;
            try
            {
                answer = job.Run(file);
                done = true;
            }
            catch (InputException failure)
            {
                answer = System.Text.Encoding.UTF8.GetBytes(failure.Message);
            }

            BinaryPrimitives.WriteInt32LittleEndian(head, done ? 1 : 0);
            BinaryPrimitives.WriteInt32LittleEndian(head[4..], answer.Length);
            output.Write(head);
            output.Write(answer);
            output.Flush();
        }
    }
}
