import type { FieldViolation } from '@heddle/domain';
import { commandViolations } from '../shared/recipe-violations.js';
import type { EnvironmentRecipe } from './environment-recipe.js';
import { globViolations } from './glob-violations.js';

/** The argument that stands for the paths of test files. */
const FILES = '{files}';

/** @param prefix of the fields, as the caller's request has them */
export function testViolations(recipe: EnvironmentRecipe, prefix: string): FieldViolation[] {
  return [
    ...globViolations(recipe.testFiles, `${prefix}test_files`),
    ...globViolations(recipe.forbiddenPaths, `${prefix}forbidden_paths`),
    ...fileCommandViolations(recipe.testCommand, `${prefix}test_command`),
    ...fileCommandViolations(recipe.testLoadCommand, `${prefix}test_load_command`),
  ];
}

function fileCommandViolations(command: readonly string[], field: string): FieldViolation[] {
  if (command.length === 0) return [];
  const violations = commandViolations(command, field);
  if (!command.slice(1).includes(FILES))
    violations.push({ field, description: `must have ${FILES} as one of its arguments` });
  return violations;
}
