using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace CsAligner.Fuzz.Coverage;

/// <summary>Writes calls of <see cref="CoverageMap.Hit"/> into an assembly, at the start of each basic block.</summary>
internal static class Instrumenter
{
    // Loops over values: many steps, no decisions on what a file holds.
    private static readonly string[] Skipped =
        ["CsAligner.Tensors.Kernels", "CsAligner.Tensors.Ops", "CsAligner.Tensors.Autograd", "CsAligner.Tensors.Memory"];

    /// <summary>Instruments the file in place.</summary>
    /// <returns>How many blocks it has.</returns>
    public static int Instrument(string path)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Path.GetDirectoryName(path));
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        using var assembly = AssemblyDefinition.ReadAssembly(path, new ReaderParameters { InMemory = true, AssemblyResolver = resolver });
        MethodReference hit = assembly.MainModule.ImportReference(typeof(CoverageMap).GetMethod(nameof(CoverageMap.Hit)));
        int blocks = 0;
        // The same numbers in every run, so that a corpus covers the same tomorrow.
        var random = new Random(assembly.Name.Name.Length * 7919);
        foreach (TypeDefinition type in assembly.MainModule.GetTypes())
        {
            if (Skipped.Contains(Outermost(type).Namespace)) continue;
            foreach (MethodDefinition method in type.Methods.Where(method => method.HasBody))
                blocks += Instrument(method.Body, hit, random);
        }

        assembly.Write(path);
        return blocks;
    }

    private static int Instrument(MethodBody body, MethodReference hit, Random random)
    {
        body.SimplifyMacros();
        ILProcessor writer = body.GetILProcessor();
        HashSet<Instruction> starts = [body.Instructions[0]];
        foreach (Instruction instruction in body.Instructions)
        {
            if (instruction.Operand is Instruction target) starts.Add(target);
            if (instruction.Operand is Instruction[] targets) starts.UnionWith(targets);
            if (instruction.OpCode.FlowControl == FlowControl.Cond_Branch && instruction.Next is { } next) starts.Add(next);
        }

        foreach (ExceptionHandler handler in body.ExceptionHandlers)
            starts.UnionWith(new[] { handler.HandlerStart, handler.FilterStart }.Where(start => start is not null));

        foreach (Instruction start in starts)
        {
            // Branches and handlers point to the object: it becomes the beginning of the call, and a copy follows it.
            Instruction copy = Instruction.Create(OpCodes.Nop);
            (copy.OpCode, copy.Operand) = (start.OpCode, start.Operand);
            (start.OpCode, start.Operand) = (OpCodes.Ldc_I4, random.Next(CoverageMap.Size));
            Instruction call = Instruction.Create(OpCodes.Call, hit);
            writer.InsertAfter(start, call);
            writer.InsertAfter(call, copy);
        }

        body.OptimizeMacros();
        return starts.Count;
    }

    private static TypeDefinition Outermost(TypeDefinition type) => type.DeclaringType is null ? type : Outermost(type.DeclaringType);
}
