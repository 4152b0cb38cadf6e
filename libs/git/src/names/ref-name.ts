export { isRefName } from '@heddle/domain';
